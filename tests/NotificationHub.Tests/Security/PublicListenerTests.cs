using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Security;

/// <summary>With <c>Admin:Urls</c>, the public listener does not reveal that there is an administration, even to its own keys.</summary>
public sealed partial class PublicListenerTests : IAsyncLifetime
{
    private const string Key = "operating-key";

    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];

    private static readonly string[] ContentTypes = ["application/json", "text/plain"];

    private HubHost hub = null!;

    public async ValueTask InitializeAsync() =>
        hub = await HubHost.StartAsync([
            "environment=Production",
            "Admin:Urls=http://127.0.0.1:0",
            "Console:Enabled=true",
            .. AdminHost.Key(0, "inventory", "consumer-key", "Consume"),
            .. AdminHost.Key(1, "pipeline", Key, "Operate"),
        ]);

    public async ValueTask DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task No_method_reveals_an_admin_route()
    {
        var routes = AdminRoutes();
        List<string> revealed = [];

        routes.Count.ShouldBeGreaterThan(20);
        foreach (var method in Methods)
        {
            foreach (var type in ContentTypes)
            {
                var nowhere = await SendAsync(method, "/nowhere", type);
                nowhere.ShouldStartWith("HTTP/1.1 404 ");
                foreach (var route in routes)
                {
                    if (await SendAsync(method, route, type) != nowhere)
                    {
                        revealed.Add($"{method} {route} {type}");
                    }
                }
            }
        }

        revealed.ShouldBeEmpty();
    }

    [Fact]
    public async Task No_spelling_of_a_path_or_host_opens_an_admin_route()
    {
        var admin = hub.AdminUrl!.Authority;
        string[] targets =
        [
            "/ADMIN/locations",
            "//admin/locations",
            "/./admin/locations",
            "/admin/./locations",
            "/x/../admin/locations",
            "/events/../admin/locations",
            "/notifications/x/../../admin/locations",
            "/notifications/%2e%2e/admin/locations",
            "/%61dmin/locations",
            "/admin%2flocations",
            "/admin%5clocations",
            "/admin\\locations",
            "/admin/locations/",
            "/admin/locations;x=1",
            "/admin/locations?x=/notifications/x",
            "/admin/locations%00",
            $"http://{admin}/admin/locations",
            "http://localhost/admin/locations",
            "admin/locations",
        ];

        foreach (var target in targets)
        {
            foreach (var host in (string[])["hub", admin, "localhost", "127.0.0.1"])
            {
                var response = await RawConnection.ExchangeAsync(
                    hub.Http.BaseAddress!,
                    Encoding.ASCII.GetBytes(
                        $"GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Api-Key: {Key}\r\nX-Forwarded-Host: {admin}\r\nConnection: close\r\n\r\n"
                    )
                );

                response.ShouldMatch("^HTTP/1\\.1 (400|404) ", $"{target} {host}");
                response.ShouldNotContain("items", Case.Insensitive, $"{target} {host}");
            }
        }

        // The key is valid where administration is served.
        (await RequestAsync(hub.AdminUrl, "GET", "/admin/locations", "text/plain", body: "")).ShouldStartWith(
            "HTTP/1.1 200 "
        );
    }

    private Task<string> SendAsync(string method, string path, string type) =>
        RequestAsync(hub.Http.BaseAddress!, method, path, type);

    private static async Task<string> RequestAsync(
        Uri listener,
        string method,
        string path,
        string type,
        string body = "{}"
    )
    {
        var response = await RawConnection.ExchangeAsync(
            listener,
            Encoding.ASCII.GetBytes(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{method} {path} HTTP/1.1\r\nHost: hub\r\nX-Api-Key: {Key}\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"
                )
            )
        );
        return Date().Replace(response, "");
    }

    private IReadOnlyList<string> AdminRoutes() =>
        [
            .. hub
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Select(route => Parameter().Replace($"/{route.RoutePattern.RawText!.TrimStart('/')}", "1"))
                .Where(path => AdminPath().IsMatch(path))
                .Distinct(StringComparer.Ordinal),
        ];

    [GeneratedRegex("^/(admin|operations|openapi|health/(ready|detail))")]
    private static partial Regex AdminPath();

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();

    [GeneratedRegex("Date: [^\r]*\r\n")]
    private static partial Regex Date();
}
