using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Hosting;

/// <summary>Responses with data, secrets or errors forbid caching and content sniffing.</summary>
public sealed class ResponseHeaderTests
{
    [Theory]
    [InlineData("Development", null)]
    [InlineData("Production", null)]
    [InlineData("Production", "wrong")]
    public async Task Every_route_and_every_error_sets_the_headers(string environment, string? key)
    {
        string[] admin =
        [
            "Auth:ApiKeys:1:Name=operator",
            $"Auth:ApiKeys:1:Sha256={new string('1', 64)}",
            "Auth:ApiKeys:1:Role=Operate",
        ];
        await using var hub = await ScenarioHub.StartAsync([
            $"environment={environment}",
            "Auth:ApiKeys:0:Name=team",
            $"Auth:ApiKeys:0:Sha256={new string('0', 64)}",
            .. environment == "Production" ? admin : [],
        ]);
        (HttpMethod Method, string Path)[] requests =
        [
            .. RoutesOf(hub),
            (HttpMethod.Get, "/nowhere"),
            (HttpMethod.Get, "/events?limit=x"),
            (HttpMethod.Put, "/events"),
        ];
        requests.Length.ShouldBeGreaterThan(20);

        foreach (var (method, path) in requests)
        {
            var result = await hub.ScenarioAsync(request =>
            {
                request.Send(method, path);
                request.Authenticate(key);
                request.IgnoreStatusCode();
            });

            var response = result.Context.Response;
            var subject = $"{method} {path} ({response.StatusCode})";
            response.Headers.CacheControl.ToString().ShouldContain("no-store", customMessage: subject);
            response.Headers.XContentTypeOptions.ToString().ShouldBe("nosniff", subject);
        }
    }

    [Fact]
    public async Task Errors_of_the_intake_set_the_headers()
    {
        await using var hub = await ScenarioHub.StartAsync();
        var location = await hub.AddLocationAsync();

        await hub.ScenarioAsync(delivery =>
        {
            delivery.Deliver(location, "[]");
            delivery.StatusCodeShouldBe(HttpStatusCode.BadRequest);
            delivery.Header("Cache-Control").SingleValueShouldEqual("no-store");
            delivery.Header("X-Content-Type-Options").SingleValueShouldEqual("nosniff");
        });
    }

    // Except the intake's: its 200 and 401 have no body. The console's files never change under their URLs.
    private static IEnumerable<(HttpMethod Method, string Path)> RoutesOf(ScenarioHub hub) =>
        from endpoint in hub.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = PathOf(endpoint.RoutePattern)
        where
            !path.StartsWith("/notifications/", StringComparison.Ordinal)
            && !path.StartsWith("/console/assets/", StringComparison.Ordinal)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select (new HttpMethod(method), path);

    private static string PathOf(RoutePattern pattern) =>
        "/"
        + string.Join(
            '/',
            pattern.PathSegments.Select(segment =>
                string.Concat(
                    segment.Parts.Select(part => part is RoutePatternLiteralPart literal ? literal.Content : "1")
                )
            )
        );
}
