using System.Text.Json;

namespace NotificationHub.OperationTracking;

/// <summary>Reads announcements, one or a list, and collects everything that is wrong with them.</summary>
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

    /// <summary>Reads what is there; what cannot be read is listed and left empty.</summary>
    public async Task<IReadOnlyList<Announcement>> ReadAsync(Stream body, int most, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(body, Strict, cancellationToken);
            return Read(document.RootElement, most);
        }
        catch (JsonException)
        {
            Add("", "must be JSON, each member once");
            return [];
        }
    }

    public void AddStrangers(IReadOnlyList<Announcement> read, IReadOnlyCollection<string> strangers)
    {
        for (var i = 0; i < read.Count; i++)
        {
            if (read[i].Location is { Length: > 0 } location && strangers.Contains(location))
            {
                Add(PathOf(i, "location"), "there is no such location; locations list shows them");
            }
        }
    }

    private List<Announcement> Read(JsonElement body, int most)
    {
        isList = body.ValueKind == JsonValueKind.Array;
        var length = isList ? body.GetArrayLength() : 1;
        if (length is 0 || length > most)
        {
            Add("", $"must be an announcement, or a list of 1 to {most}");
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
                Add(PathOf(index, JsonNamingPolicy.CamelCase.ConvertName(failure.PropertyName)), failure.ErrorMessage);
            }

            return announcement;
        }
        catch (JsonException exception)
        {
            // Its path names the member; its message may repeat the value.
            Add(
                PathOf(index, exception.Path?.TrimStart('$', '.') ?? ""),
                "must be an object with location, eventId, kind, deferred and tasks, each of its type and nothing else"
            );
            return new Announcement();
        }
    }

    private string PathOf(int index, string member) =>
        isList ? $"[{index}]{(member.Length == 0 ? "" : ".")}{member}" : member;

    private void Add(string member, string fault)
    {
        if (!byMember.TryGetValue(member, out var faults))
        {
            byMember[member] = faults = [];
        }

        faults.Add(fault);
    }
}
