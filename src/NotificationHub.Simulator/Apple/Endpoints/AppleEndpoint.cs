using System.Text.Json.Nodes;

namespace NotificationHub.Simulator.Apple.Endpoints;

/// <summary>One method of one path.</summary>
/// <param name="Path">Below the base address, such as <c>/assets</c>.</param>
/// <param name="Query">The parameters Apple documents. One that ends in <c>[]</c> may be repeated.</param>
internal sealed record AppleEndpoint(
    string Method,
    string Path,
    IReadOnlyList<string> Query,
    Func<AppleRequest, CancellationToken, Task<JsonObject>> AnswerAsync
)
{
    /// <summary>Whether pages of it may be read in parallel, five at once.</summary>
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
