using Microsoft.AspNetCore.Http;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>A request that passed the door: its location, its query, its body.</summary>
internal sealed record AppleRequest(
    SimulationContext Context,
    SimulatedLocation Location,
    ContentToken ContentToken,
    IQueryCollection Query,
    RequestBody Body
)
{
    /// <summary>What reads show now.</summary>
    public LocationSnapshot Visible { get; } = Location.Records.Visible;

    public string? Text(string name) => Query.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>A text that must be one of a set.</summary>
    public string? OneOf(string name, params IReadOnlyList<string> allowed) =>
        Text(name) is not { } text ? null
        : allowed.Contains(text) ? text
        : throw Bad(name);

    public int? Integer(string name) =>
        Text(name) is not { } text ? null
        : int.TryParse(text, out var number) ? number
        : throw Bad(name);

    public bool? Flag(string name) => OneOf(name, "true", "false") is { } text ? text == "true" : null;

    /// <summary>The values of a parameter that may be repeated; null where it is absent.</summary>
    public IReadOnlySet<string>? Texts(string name) =>
        Query.TryGetValue(name, out var values) ? values.OfType<string>().ToHashSet() : null;

    public IReadOnlySet<long>? Numbers(string name) =>
        Texts(name)?.Select(text => long.TryParse(text, out var number) ? number : throw Bad(name)).ToHashSet();

    private static AppleException Bad(string name) =>
        AppleException.ForViolation(AppleErrors.InvalidArgument, $"bad value of the query parameter {name}");
}
