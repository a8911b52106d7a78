using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Admin;

/// <summary>Every route that the whole hub maps for administrators, including routes added later.</summary>
public sealed partial class AdminRouteTests
{
    private const string Reading = "reading-key";

    private static readonly string[] NotForAdministrators =
    [
        "/notifications",
        "/events",
        "/snapshot",
        "/schemas",
        "/asyncapi.json",
        "/status",
    ];

    // They show personal data.
    private static readonly string[] ForOperateOnly =
    [
        "/admin/notifications/1",
        "/admin/dead-letters/1",
        "/admin/subscriptions/1/1/dead-letters/",
        "/admin/subscriptions/1/1/dead-letters/1",
    ];

    [Fact]
    public async Task Every_route_requires_a_key_and_every_change_the_role_Operate()
    {
        await using var hub = await ScenarioHub.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "dashboard", Reading, "Read"),
        ]);
        var routes = RoutesOf(hub);

        routes.Count.ShouldBeGreaterThan(15);
        foreach (var (method, path) in routes)
        {
            (await SendAsync(hub, method, path, key: null)).ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
            (await SendAsync(hub, method, path, "wrong")).ShouldBe(HttpStatusCode.Unauthorized, $"{method} {path}");
            (await SendAsync(hub, method, path, Reading) == HttpStatusCode.Forbidden).ShouldBe(
                method != HttpMethod.Get || ForOperateOnly.Contains(path, StringComparer.Ordinal),
                $"{method} {path}"
            );
        }
    }

    [Fact]
    public async Task In_Production_no_route_is_mapped_without_a_credential()
    {
        await using var hub = await ScenarioHub.StartAsync("environment=Production");

        RoutesOf(hub).ShouldBeEmpty();
    }

    private static IReadOnlyList<(HttpMethod Method, string Path)> RoutesOf(ScenarioHub hub) =>
        [
            .. hub
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
                .Where(route => route.Metadata.GetMetadata<HttpMethodMetadata>() is not null)
                .Select(route =>
                    (
                        new HttpMethod(route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods[0]),
                        Parameter().Replace($"/{route.RoutePattern.RawText!.TrimStart('/')}", "1")
                    )
                )
                .Where(route =>
                    !NotForAdministrators.Any(other => route.Item2.StartsWith(other, StringComparison.Ordinal))
                )
                .Distinct(),
        ];

    private static async Task<HttpStatusCode> SendAsync(ScenarioHub hub, HttpMethod method, string path, string? key)
    {
        var result = await hub.ScenarioAsync(request =>
        {
            request.Send(method, path);
            request.Authenticate(key);
            request.IgnoreStatusCode();
        });
        return (HttpStatusCode)result.Context.Response.StatusCode;
    }

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();
}
