using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A request that passed all checks.</summary>
internal sealed record AppleRequest(
    SimulationContext Context,
    SimulatedLocation Location,
    ContentToken ContentToken,
    IQueryCollection Query,
    RequestBody Body
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

    private static AppleException Bad(string name) =>
        AppleException.ForViolation(AppleErrors.InvalidArgument, $"invalid value of the query parameter {name}");
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
