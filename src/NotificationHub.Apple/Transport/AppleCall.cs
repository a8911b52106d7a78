using System.Net.Http.Headers;

namespace NotificationHub.Apple;

/// <summary>One request, and the secrets that messages must not repeat.</summary>
internal sealed record AppleCall(Endpoint Endpoint)
{
    public ContentToken? Token { get; init; }

    public QueryString? Query { get; init; }

    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>The body, as JSON.</summary>
    public byte[]? Body { get; init; }

    /// <summary>A secret in the body.</summary>
    public string? Secret { get; init; }

    /// <summary>The <c>uId</c> that the response must have; null if unknown, or if the call requests it.</summary>
    public string? UId { get; init; }

    /// <summary>The index of the requested page; null if pages follow a cursor.</summary>
    public int? PageIndex { get; init; }

    /// <summary>Whether unlimited assets are requested separately.</summary>
    public bool IsOfUnlimitedAssets => Query?.Has("unlimited", true) == true;

    /// <summary>The time limit; null for the client's default.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>For messages: the documented path without the query, which names people and devices.</summary>
    public string Name => $"{Method} {Endpoint.Path}";

    /// <summary>Whether it changes assets, users or subscriptions.</summary>
    public bool IsWrite { get; init; }

    public override string ToString() => Name;

    public HttpRequestMessage ToRequest(Uri url, string userAgent)
    {
        var query = Query?.ToString();
        var request = new HttpRequestMessage(Method, string.IsNullOrEmpty(query) ? url : new Uri($"{url}?{query}"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.TryAddWithoutValidation("User-Agent", userAgent);
        if (Token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Token.Reveal());
        }

        if (Method == HttpMethod.Post)
        {
            // Apple rejects a POST without this type, even one that needs no body.
            request.Content = new ByteArrayContent(Body ?? []);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        return request;
    }

    /// <summary>Makes a remote text safe for a message: one line, bounded, without this request's secrets.</summary>
    public string Clean(string? text)
    {
        foreach (var secret in Secrets)
        {
            text = text?.Replace(secret, "[secret]", StringComparison.Ordinal);
        }

        return SafeText.OneLine(text);
    }

    /// <summary>Whether an exception, for example of a caller's own HTTP handler, contains one of this request's secrets.</summary>
    public bool Reveals(Exception exception) => Secrets.Any(exception.ToString().Contains);

    private IEnumerable<string> Secrets =>
        new[] { Token?.Reveal(), Secret }.Where(secret => secret is { Length: > 0 })!;
}
