using System.Net;
using System.Text.RegularExpressions;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.WebConsole;

/// <summary>A browser's cookies without a browser, for tests of responses. Redirects are not followed.</summary>
internal sealed partial class ConsoleSession
{
    private readonly Dictionary<string, string> cookies = new(StringComparer.Ordinal);

    public Task<ConsoleResponse> GetAsync(TestHub hub, string path) => SendAsync(hub, HttpMethod.Get, path, form: null);

    /// <summary>Sends a form with the antiforgery token of a page.</summary>
    public Task<ConsoleResponse> PostAsync(
        TestHub hub,
        string path,
        ConsoleResponse page,
        params KeyValuePair<string, string>[] fields
    ) =>
        SendAsync(
            hub,
            HttpMethod.Post,
            path,
            [.. fields, new("__RequestVerificationToken", Token().Match(page.Html).Groups["token"].Value)]
        );

    public async Task<ConsoleResponse> SignInAsync(TestHub hub, string key, TestHub? formHub = null) =>
        await PostAsync(
            hub,
            "/console/sign-in",
            await GetAsync(formHub ?? hub, "/console/sign-in"),
            new("Key", key),
            new("_handler", "sign-in")
        );

    private async Task<ConsoleResponse> SendAsync(
        TestHub hub,
        HttpMethod method,
        string path,
        KeyValuePair<string, string>[]? form
    )
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        using var http = new HttpClient(handler) { BaseAddress = hub.Http.BaseAddress };
        using var request = new HttpRequestMessage(method, path);
        request.Content = form is null ? null : new FormUrlEncodedContent(form);
        request.Headers.TryAddWithoutValidation(
            "Cookie",
            string.Join("; ", cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"))
        );
        using var response = await http.SendAsync(request);
        foreach (var header in response.Headers.TryGetValues("Set-Cookie", out var values) ? values : [])
        {
            var parts = header.Split(';')[0].Split('=', 2);
            cookies[parts[0]] = parts[1];
        }

        return new ConsoleResponse(
            response.StatusCode,
            response.Headers.Location,
            await response.Content.ReadAsStringAsync()
        );
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"")]
    private static partial Regex Token();
}

internal sealed record ConsoleResponse(HttpStatusCode Status, Uri? Location, string Html)
{
    /// <summary>The path of a redirect, without its query.</summary>
    public string? Target => Location is null ? null : new Uri(new Uri("http://hub"), Location).AbsolutePath;
}
