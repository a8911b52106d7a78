using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Admin;

/// <summary>Every route that the whole hub maps for administrators, those of tomorrow too.</summary>
public sealed partial class AdminRouteTests
{
    private const string Reading = "reading-key";

    private static readonly string[] NotForAdministrators = ["/notifications", "/events", "/snapshot"];

    [Fact]
    public async Task No_route_is_open_to_strangers_and_none_that_changes_something_to_readers()
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
                method != HttpMethod.Get,
                $"{method} {path}"
            );
        }
    }

    [Fact]
    public async Task In_Production_none_is_there_until_somebody_may_use_it()
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
