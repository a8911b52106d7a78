using System.Globalization;
using System.Net;
using System.Text;
using System.Web;

namespace NotificationHub.Tests.Apple.Reading;

/// <summary>
/// A list of records in the order of their keys, cut into pages at the moment of each request. Scripted changes happen
/// between requests: they move the records behind them to other pages and change the version.
/// </summary>
internal sealed class ChangingApple(int pageSize, IEnumerable<int> keys) : HttpMessageHandler
{
    private readonly Lock sync = new();
    private readonly SortedSet<int> current = [.. keys];
    private int requests;
    private int version = 1;

    /// <summary>The changes before a request, by its number from 0: positive keys are added, negative ones removed.</summary>
    public Dictionary<int, int[]> Changes { get; init; } = [];

    /// <summary>The numbers of requests that get another response.</summary>
    public Dictionary<int, string> Errors { get; init; } = [];

    public List<string> Requests { get; } = [];

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        lock (sync)
        {
            var (status, body) = request.RequestUri!.AbsolutePath.EndsWith("config", StringComparison.Ordinal)
                ? (200, """{"limits":{"maxRequestPerSecond":1000}}""")
                : Respond(request.RequestUri);
            return Task.FromResult(
                new HttpResponseMessage((HttpStatusCode)status)
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                    RequestMessage = request,
                }
            );
        }
    }

    private (int Status, string Body) Respond(Uri url)
    {
        Requests.Add(url.Query);
        foreach (var change in Changes.GetValueOrDefault(requests, []))
        {
            _ = change > 0 ? current.Add(change) : current.Remove(-change);
            version++;
        }

        if (Errors.TryGetValue(requests++, out var error))
        {
            return (400, $$"""{"errorNumber":{{error}},"errorMessage":"m"}""");
        }

        var query = HttpUtility.ParseQueryString(url.Query);
        return url.AbsolutePath.EndsWith("/subscriptions", StringComparison.Ordinal)
            ? ByCursor(query["cursor"])
            : ByIndex(int.Parse(query["pageIndex"] ?? "0", CultureInfo.InvariantCulture));
    }

    private (int Status, string Body) ByIndex(int index)
    {
        var pages = Math.Max(1, (current.Count + pageSize - 1) / pageSize);
        if (index >= pages)
        {
            return (400, """{"errorNumber":9650,"errorMessage":"m"}""");
        }

        var rows = current.Skip(index * pageSize).Take(pageSize).Select(key => $$"""{"adamId":"{{key}}"}""");
        var next = index + 1 < pages ? $"\"nextPageIndex\":{index + 1}," : "";
        return (
            200,
            $$"""
            {"currentPageIndex":{{index}},{{next}}"totalPages":{{pages}},"versionId":"v{{version}}",
             "assets":[{{string.Join(',', rows)}}]}
            """
        );
    }

    // The cursor names the last key, as far as it still exists.
    private (int Status, string Body) ByCursor(string? cursor)
    {
        var after = int.Parse(cursor ?? "0", CultureInfo.InvariantCulture);
        if (after > 0 && !current.Contains(after))
        {
            return (400, """{"errorNumber":9812,"errorMessage":"m"}""");
        }

        int[] rows = [.. current.Where(key => key > after).Take(pageSize)];
        var next = rows.Length > 0 && rows[^1] < current.Max ? $"\"nextCursor\":\"{rows[^1]}\"," : "";
        return (
            200,
            $$"""
            {{{next}}"versionId":"v{{version}}",
             "subscriptions":[{{string.Join(',', rows.Select(key => $$"""{"adamId":{{key}}}"""))}}]}
            """
        );
    }
}
