using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A request that passed all checks.</summary>
/// <param name="EventFault">Makes tasks of the event that the request starts fail.</param>
internal sealed record AppleRequest(
    SimulationContext Context,
    SimulatedLocation Location,
    ContentToken ContentToken,
    IQueryCollection Query,
    RequestBody Body,
    EventFault? EventFault
)
{
    // Reads can lag behind the current records.
    public LocationSnapshot Visible { get; } = Location.Records.Visible;

    public string? Text(string name) => Query.TryGetValue(name, out var value) ? value.ToString() : null;

    public string? OneOf(string name, params IReadOnlyList<string> allowed) =>
        Text(name) is not { } text ? null
        : allowed.Contains(text) ? text
        : throw Bad(name);

    public int? Integer(string name) =>
        Text(name) is not { } text ? null
        : int.TryParse(text, out var number) ? number
        : throw Bad(name);

    public bool? Flag(string name) => OneOf(name, "true", "false") is { } text ? text == "true" : null;

    /// <summary>The values of a repeatable parameter; null if it is absent.</summary>
    public IReadOnlySet<string>? Texts(string name) =>
        Query.TryGetValue(name, out var values) ? values.OfType<string>().ToHashSet() : null;

    public IReadOnlySet<long>? Numbers(string name) =>
        Texts(name)?.Select(text => long.TryParse(text, out var number) ? number : throw Bad(name)).ToHashSet();

    /// <summary>The visible rows of a read, selected once for all its pages.</summary>
    public IReadOnlyList<T> Select<T>(string list, IEnumerable<T> rows)
    {
        var filters = Query
            .Where(parameter => parameter.Key is not ("pageIndex" or "cursor"))
            .OrderBy(parameter => parameter.Key, StringComparer.Ordinal)
            .SelectMany(parameter => parameter.Value, (parameter, value) => $"{parameter.Key}={value}");
        return Visible.Select($"{list}?{string.Join('\n', filters)}", () => rows, Context.Options.PageSize);
    }

    private static AppleException Bad(string name) =>
        AppleException.ForViolation(AppleErrors.InvalidArgument, $"invalid value of the query parameter {name}");
}

/// <summary>A JSON object that is read strictly: wrong types and unknown members are errors.</summary>
internal sealed class RequestBody(JsonElement root)
{
    public static RequestBody None { get; } = new(default);

    public static async Task<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var root = await JsonSerializer.DeserializeAsync<JsonElement>(
                request.Body,
                cancellationToken: cancellationToken
            );
            return root.ValueKind == JsonValueKind.Object ? new RequestBody(root) : throw Bad("body");
        }
        catch (JsonException)
        {
            throw Bad("body");
        }
    }

    public void Allow(params IReadOnlyList<string> names)
    {
        foreach (var member in root.EnumerateObject())
        {
            if (!names.Contains(member.Name))
            {
                throw AppleException.ForViolation(
                    AppleErrors.InvalidArgument,
                    $"unknown member of the body: {member.Name}"
                );
            }
        }
    }

    public string? Text(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw Bad(name);

    public int? Integer(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw Bad(name);

    public long? Long(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number
        : throw Bad(name);

    public double? Fraction(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number
        : throw Bad(name);

    public bool? Flag(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw Bad(name);

    public RequestBody? Object(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new RequestBody(value)
        : throw Bad(name);

    public IReadOnlyList<RequestBody>? Objects(string name) =>
        Items(name)
            ?.Select(item => item.ValueKind == JsonValueKind.Object ? new RequestBody(item) : throw Bad(name))
            .ToList();

    public IReadOnlyList<string>? Texts(string name) =>
        Items(name)
            ?.Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Bad(name))
            .ToList();

    public IReadOnlyList<long>? Numbers(string name) =>
        Items(name)
            ?.Select(item =>
                item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : throw Bad(name)
            )
            .ToList();

    private JsonElement.ArrayEnumerator? Items(string name) =>
        Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray()
        : throw Bad(name);

    private JsonElement? Member(string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static AppleException Bad(string name) =>
        AppleException.ForViolation(AppleErrors.InvalidArgument, $"invalid value in the body: {name}");
}

/// <summary>A request that Apple rejects with an error number.</summary>
internal sealed class AppleException(int errorNumber, JsonObject? errorInfo = null)
    : Exception($"Rejected with {errorNumber}.")
{
    public int ErrorNumber => errorNumber;

    public JsonObject? ErrorInfo => errorInfo;

    /// <summary>Why a correct client would not have sent it; null if any client may meet this error.</summary>
    public string? Violation { get; private init; }

    public static AppleException ForViolation(int errorNumber, string violation, JsonObject? errorInfo = null) =>
        new(errorNumber, errorInfo) { Violation = violation };
}
