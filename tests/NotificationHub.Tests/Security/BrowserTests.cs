using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Security;

/// <summary>What a page in a browser could use: other origins, cookies, HTML and error pages. The console has its own tests.</summary>
public sealed class BrowserTests
{
    private const string Key = "operating-key";

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task No_response_allows_another_origin_sets_a_cookie_or_is_HTML(string environment)
    {
        await using var hub = await StartAsync(environment);
        var location = await hub.AddLocationAsync();
        string[] paths =
        [
            location.Path,
            "/nowhere",
            "/",
            "/<script>alert(1)</script>",
            "/events?limit=<script>alert(1)</script>",
            .. hub
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Select(route => $"/{route.RoutePattern.RawText!.TrimStart('/')}"),
        ];
        paths.Length.ShouldBeGreaterThan(25);

        foreach (var path in paths)
        {
            foreach (var method in (string[])["GET", "POST", "DELETE", "OPTIONS"])
            {
                foreach (var key in (string?[])[null, Key])
                {
                    await CheckAsync(hub, method, path, key);
                }
            }
        }
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task An_unexpected_error_reveals_nothing(string environment)
    {
        await using var hub = await StartAsync(environment);
        await hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("drop table audit_entry"),
            CancellationToken.None
        );

        var body = await CheckAsync(hub, "GET", "/admin/audit", Key, expected: 500);

        body.ShouldNotContain("audit_entry");
        body.ShouldNotContain(Key);
        body.ShouldNotContain("   at ");
    }

    private static Task<HubHost> StartAsync(string environment) =>
        HubHost.StartAsync([
            $"environment={environment}",
            "Console:Enabled=false",
            .. AdminHost.Key(0, "inventory", "consumer-key", "Consume"),
            .. AdminHost.Key(1, "pipeline", Key, "Operate"),
        ]);

    private static async Task<string> CheckAsync(
        HubHost hub,
        string method,
        string path,
        string? key,
        int? expected = null
    )
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Authorization = key is null ? null : new("Bearer", key);
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Origin", "https://evil.example");
        request.Headers.Add("Cookie", "session=1");
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization");
        using var response = await hub.Http.SendAsync(request);

        var subject = $"{method} {path} {response.StatusCode}";
        var headers = response.Headers.Concat(response.Content.Headers).Select(header => header.Key).ToList();
        headers.ShouldNotContain(name => name.StartsWith("Access-Control-", StringComparison.Ordinal), subject);
        headers.ShouldNotContain("Set-Cookie", subject);
        (response.Content.Headers.ContentType?.MediaType ?? "none").ShouldBeOneOf(
            [
                "none",
                "application/json",
                "application/problem+json",
                "application/x-ndjson",
                "application/cloudevents+json",
                "text/plain",
            ],
            subject
        );
        if (expected is not null)
        {
            ((int)response.StatusCode).ShouldBe(expected.Value, subject);
        }

        return await response.Content.ReadAsStringAsync();
    }
}
