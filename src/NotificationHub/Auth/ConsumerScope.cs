using System.Security.Claims;

namespace NotificationHub.Auth;

/// <summary>What a consumer may read; null means all.</summary>
// An event without a location concerns all locations, so it is in every scope that has its topic.
internal sealed record ConsumerScope(IReadOnlyList<string>? Topics, IReadOnlyList<string>? Locations)
{
    private const string TopicClaim = "notificationhub:topic";
    private const string LocationClaim = "notificationhub:location";

    public static ConsumerScope From(ClaimsPrincipal user) =>
        new(ValuesOf(user, TopicClaim), ValuesOf(user, LocationClaim));

    public static IEnumerable<Claim> CreateClaims(ApiKey key) =>
        [
            .. key.Topics.Select(topic => new Claim(TopicClaim, topic)),
            .. key.Locations.Select(location => new Claim(LocationClaim, location)),
        ];

    public bool HasTopic(string topic) => Topics is null || Topics.Contains(topic, StringComparer.Ordinal);

    public bool HasLocation(string? location) =>
        location is null || Locations is null || Locations.Contains(location, StringComparer.Ordinal);

    /// <summary>Why the scope does not cover a request; null if it does.</summary>
    /// <param name="topic">The only topic of the request, if any.</param>
    /// <param name="location">The only location of the request, if any.</param>
    public string? FindObstacle(string? topic, string? location) =>
        topic is not null && !HasTopic(topic)
            ? $"This key may read only these topics: {string.Join(", ", Topics!)}. Ask the hub's operator to extend its scope."
        : !HasLocation(location)
            ? $"This key may read only these locations: {string.Join(", ", Locations!)}. Ask the hub's operator to extend its scope."
        : null;

    private static string[]? ValuesOf(ClaimsPrincipal user, string type) =>
        user.FindAll(type).Select(claim => claim.Value).ToArray() is { Length: > 0 } values ? values : null;
}
