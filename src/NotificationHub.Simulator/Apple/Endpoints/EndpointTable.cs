using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <param name="Path">Below the base address, such as <c>/assets</c>.</param>
/// <param name="Query">The parameters that Apple documents. One that ends in <c>[]</c> can be repeated.</param>
/// <param name="Members">The members of the body; null if the endpoint takes none.</param>
internal sealed record AppleEndpoint(
    string Method,
    string Path,
    IReadOnlyList<string> Query,
    IReadOnlyList<string>? Members,
    Func<AppleRequest, CancellationToken, Task<JsonObject>> RespondAsync
)
{
    // Apple lets clients read five pages in parallel.
    public bool IsPaged => Query.Contains("pageIndex");

    /// <summary>Whether it changes records, which a read-only token cannot.</summary>
    public bool IsWrite => Method == "POST" && Path != ClientConfigEndpoints.Path;

    public static AppleEndpoint Get(
        string path,
        IReadOnlyList<string> query,
        Func<AppleRequest, JsonObject> response
    ) => new("GET", path, query, null, (request, _) => Task.FromResult(response(request)));

    public static AppleEndpoint Post(
        string path,
        IReadOnlyList<string>? members,
        Func<AppleRequest, JsonObject> response
    ) => new("POST", path, [], members, (request, _) => Task.FromResult(response(request)));
}

/// <summary>All endpoints that require a content token.</summary>
internal static class EndpointTable
{
    public static IReadOnlyList<AppleEndpoint> All { get; } =
    [
        .. ClientConfigEndpoints.All,
        .. AssetEndpoints.All,
        .. AssignmentEndpoints.All,
        .. UserEndpoints.All,
        AppleEndpoint.Get("/status", ["eventId"], EventStatus),
        .. SubscriptionEndpoints.All,
        .. SubscriptionManagementEndpoints.All,
    ];

    private static readonly ILookup<string, AppleEndpoint> ByPath = All.ToLookup(
        endpoint => endpoint.Path,
        StringComparer.Ordinal
    );

    /// <returns>Null if the path does not exist.</returns>
    public static AppleEndpoint? Find(string method, string path)
    {
        var endpoints = ByPath[path];
        return !endpoints.Any()
            ? null
            : endpoints.FirstOrDefault(endpoint => endpoint.Method == method)
                ?? throw AppleException.ForViolation(AppleErrors.WrongMethod, $"{method} {path} is not allowed");
    }

    private static JsonObject EventStatus(AppleRequest request)
    {
        var eventId = request.Text("eventId") ?? "";
        var status = request.Location.EventStatus(eventId) ?? throw new AppleException(AppleErrors.EventNotFound);
        if (!request.Location.Limits.TryPoll(eventId, request.Context.Options.TimeProvider.GetUtcNow()))
        {
            request.Context.Violations.Add("GET /status: an event is polled more often than every 30 seconds");
        }

        foreach (var (name, value) in Envelope.Create(request))
        {
            status[name] = value?.DeepClone();
        }

        return status;
    }
}

/// <summary>The limit of a list in a request body, and the errors of one that is too long or contains an item twice.</summary>
/// <param name="Limit">The name of the limit in Service Config.</param>
internal sealed record ListRule(string Member, string Limit, int TooMany, int Duplicate)
{
    public static ListRule Assets { get; } =
        new("assets", AppleLimits.Assets, AppleErrors.TooManyAssets, AppleErrors.DuplicateAssets);

    public static ListRule ClientUserIds { get; } =
        new(
            "clientUserIds",
            AppleLimits.ClientUserIds,
            AppleErrors.TooManyClientUserIds,
            AppleErrors.DuplicateClientUserIds
        );

    public static ListRule SerialNumbers { get; } =
        new(
            "serialNumbers",
            AppleLimits.SerialNumbers,
            AppleErrors.TooManySerialNumbers,
            AppleErrors.DuplicateSerialNumbers
        );

    public static ListRule Users { get; } =
        new("users", AppleLimits.Users, AppleErrors.TooManyUsers, AppleErrors.DuplicateUsers);

    public static ListRule SubscriptionAdamIds { get; } = ForSubscriptions("adamIds", AppleLimits.Subscriptions);

    public static ListRule SubscriptionUsers { get; } =
        ForSubscriptions("clientUserIds", AppleLimits.SubscriptionClientUserIds);

    public IReadOnlyList<T> Check<T, TKey>(AppleRequest request, IReadOnlyList<T> items, Func<T, TKey> key)
    {
        if (request.Context.Limits[Limit] is { } most && items.Count > most)
        {
            throw AppleException.ForViolation(TooMany, $"{Member} has {items.Count} items; {Limit} is {most}");
        }

        return items.DistinctBy(key).Count() == items.Count
            ? items
            : throw AppleException.ForViolation(Duplicate, $"{Member} contains an item twice");
    }

    private static ListRule ForSubscriptions(string member, string limit) =>
        new(member, limit, AppleErrors.OverSubscriptionLimit, AppleErrors.BadSubscriptionAssociation);
}
