using System.Net;
using System.Text.RegularExpressions;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.WebConsole;

public sealed partial class SharedSessionTests
{
    private const string Key = "reading-key";

    private readonly Dictionary<string, string> cookies = new(StringComparer.Ordinal);

    [Fact]
    public async Task Every_replica_accepts_the_form_and_the_session_of_another()
    {
        using var folder = new TemporaryFolder();
        using var store = TestStore.At(folder.File("hub.db"));
        string[] settings =
        [
            "environment=Production",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "on-call", Key, "Read"),
        ];
        await using var first = await HubHost.StartOnAsync(store, settings);
        await using var second = await HubHost.StartOnAsync(store, settings);

        // Behind a load balancer, each request may reach another replica.
        var form = await SendAsync(first, HttpMethod.Get, "/console/sign-in");
        var signedIn = await SendAsync(
            second,
            HttpMethod.Post,
            "/console/sign-in",
            [
                new("Key", Key),
                new("_handler", "sign-in"),
                new("__RequestVerificationToken", Token().Match(form.Html).Groups["token"].Value),
            ]
        );
        var page = await SendAsync(first, HttpMethod.Get, "/console");

        signedIn.Status.ShouldBe(HttpStatusCode.Redirect, signedIn.Html);
        page.Status.ShouldBe(HttpStatusCode.OK);
        page.Html.ShouldContain("key:on-call");
    }

    private async Task<(HttpStatusCode Status, string Html)> SendAsync(
        HubHost hub,
        HttpMethod method,
        string path,
        KeyValuePair<string, string>[]? form = null
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

        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"")]
    private static partial Regex Token();
}
