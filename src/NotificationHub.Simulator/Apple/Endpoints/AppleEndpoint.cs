using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <param name="Path">Below the base address, such as <c>/assets</c>.</param>
/// <param name="Query">The parameters that Apple documents. One that ends in <c>[]</c> can be repeated.</param>
internal sealed record AppleEndpoint(
    string Method,
    string Path,
    IReadOnlyList<string> Query,
    Func<AppleRequest, CancellationToken, Task<JsonObject>> AnswerAsync
)
{
    // Apple lets clients read five pages in parallel.
    public bool IsPaged => Query.Contains("pageIndex");

    public bool TakesBody { get; private init; }

    public static AppleEndpoint Get(string path, IReadOnlyList<string> query, Func<AppleRequest, JsonObject> answer) =>
        new("GET", path, query, (request, _) => Task.FromResult(answer(request)));

    public static AppleEndpoint Post(string path, Func<AppleRequest, JsonObject> answer) =>
        Post(path, (request, _) => Task.FromResult(answer(request)));

    public static AppleEndpoint Post(
        string path,
        Func<AppleRequest, CancellationToken, Task<JsonObject>> answerAsync
    ) => new("POST", path, [], answerAsync) { TakesBody = true };

    public static AppleEndpoint PostWithoutBody(string path, Func<AppleRequest, JsonObject> answer) =>
        new("POST", path, [], (request, _) => Task.FromResult(answer(request)));
}

/// <summary>All endpoints that require a content token.</summary>
internal static class EndpointTable
{
    private static readonly ILookup<string, AppleEndpoint> ByPath = new[]
    {
        ClientConfigEndpoints.All,
        [AssetEndpoint.Get, AssignmentEndpoint.Get, UserEndpoint.Get, EventStatusEndpoint.Get],
        SubscriptionEndpoints.All,
        AssetWriteEndpoints.All,
        UserWriteEndpoints.All,
        SubscriptionWriteEndpoints.All,
        SubscriptionManagementEndpoints.All,
    }
        .SelectMany(endpoints => endpoints)
        .ToLookup(endpoint => endpoint.Path, StringComparer.Ordinal);

    /// <returns>Null if the path does not exist.</returns>
    public static AppleEndpoint? Find(string method, string path)
    {
        var endpoints = ByPath[path];
        return !endpoints.Any()
            ? null
            : endpoints.FirstOrDefault(endpoint => endpoint.Method == method)
                ?? throw AppleException.ForViolation(AppleErrors.WrongMethod, $"{method} {path} is not allowed");
    }
}
