using System.Text.Json;
using FluentValidation;

namespace NotificationHub.OperationTracking;

/// <summary>The MDM's announcement of a request that it has sent to Apple.</summary>
internal sealed record Announcement
{
    /// <summary>The hub's ID of the location.</summary>
    public string? Location { get; init; }

    /// <summary>The ID in Apple's response.</summary>
    public string? EventId { get; init; }

    /// <summary><c>ASSOCIATE</c>, <c>DISASSOCIATE</c>, <c>REVOKE</c>, <c>CREATE</c>, <c>UPDATE</c> or <c>RETIRE</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Whether the request takes effect at the end of the billing period.</summary>
    public bool Deferred { get; init; }

    /// <summary>The number of tasks, such as assets × devices. If known, notifications alone can complete the operation.</summary>
    public long? Tasks { get; init; }
}

internal sealed class AnnouncementValidator : AbstractValidator<Announcement>
{
    // 25 assets for 1,000 users and 1,000 devices. Apple: Service Config.
    private const long MaxTasks = 50_000;

    private const int MaxEventIdLength = 128;

    private const string Disassociate = "DISASSOCIATE";

    private static readonly string[] Kinds = ["ASSOCIATE", Disassociate, "REVOKE", "CREATE", "UPDATE", "RETIRE"];

    public AnnouncementValidator()
    {
        RuleFor(announcement => announcement.Location)
            .NotEmpty()
            .WithMessage("must be the hub's ID of the location; 'locations list' shows it");
        RuleFor(announcement => announcement.EventId)
            .Must(id => id is { Length: > 0 and <= MaxEventIdLength })
            .WithMessage($"must be the eventId of Apple's response, 1 to {MaxEventIdLength} characters");
        RuleFor(announcement => announcement.Kind)
            .Must(kind => Kinds.Contains(kind, StringComparer.Ordinal))
            .WithMessage($"must be one of {string.Join(", ", Kinds)}");
        RuleFor(announcement => announcement.Deferred)
            .Must((announcement, deferred) => !deferred || announcement.Kind is null or Disassociate)
            .WithMessage($"only {Disassociate} can be deferred");
        RuleFor(announcement => announcement.Tasks)
            .Must(tasks => tasks is null or (> 0 and <= MaxTasks))
            .WithMessage($"must be between 1 and {MaxTasks}, or omitted");
    }
}

/// <summary>Reads one announcement or a list, and collects all errors.</summary>
internal sealed class AnnouncementErrors
{
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static readonly AnnouncementValidator Validator = new();

    private readonly Dictionary<string, List<string>> byMember = new(StringComparer.Ordinal);
    private bool isList;

    public bool Any => byMember.Count > 0;

    public IDictionary<string, string[]> ByMember =>
        byMember.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray(), StringComparer.Ordinal);

    public async Task<IReadOnlyList<Announcement>> ReadAsync(
        Stream body,
        int maxCount,
        CancellationToken cancellationToken
    )
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, Strict, cancellationToken);
            return Read(document.RootElement, maxCount);
        }
        catch (JsonException)
        {
            Add("", "must be JSON without duplicate members");
            return [];
        }
    }

    public void AddUnknownLocations(IReadOnlyList<Announcement> read, IReadOnlyCollection<string> unknown)
    {
        for (var i = 0; i < read.Count; i++)
        {
            if (read[i].Location is { Length: > 0 } location && unknown.Contains(location))
            {
                Add(GetPath(i, "location"), "there is no such location; 'locations list' shows the locations");
            }
        }
    }

    private List<Announcement> Read(JsonElement body, int maxCount)
    {
        isList = body.ValueKind == JsonValueKind.Array;
        var length = isList ? body.GetArrayLength() : 1;
        if (length is 0 || length > maxCount)
        {
            Add("", $"must be an announcement, or a list of 1 to {maxCount}");
            return [];
        }

        return [.. isList ? body.EnumerateArray().Select(ReadOne) : [ReadOne(body, 0)]];
    }

    private Announcement ReadOne(JsonElement element, int index)
    {
        try
        {
            var announcement = element.Deserialize<Announcement>(Format) ?? new Announcement();
            foreach (var failure in Validator.Validate(announcement).Errors)
            {
                Add(GetPath(index, JsonNamingPolicy.CamelCase.ConvertName(failure.PropertyName)), failure.ErrorMessage);
            }

            return announcement;
        }
        catch (JsonException exception)
        {
            // The path names the member. The message may quote the value.
            Add(
                GetPath(index, exception.Path?.TrimStart('$', '.') ?? ""),
                "must be an object with location, eventId, kind, deferred and tasks, each of the documented type, and no other member"
            );
            return new Announcement();
        }
    }

    private string GetPath(int index, string member) =>
        isList ? $"[{index}]{(member.Length == 0 ? "" : ".")}{member}" : member;

    private void Add(string member, string error)
    {
        if (!byMember.TryGetValue(member, out var errors))
        {
            byMember[member] = errors = [];
        }

        errors.Add(error);
    }
}
