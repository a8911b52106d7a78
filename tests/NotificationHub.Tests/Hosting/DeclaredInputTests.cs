using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Hosting;

/// <summary>Every endpoint except for Apple's deliveries, probes and the console rejects input that it does not know.</summary>
public sealed partial class DeclaredInputTests
{
    [Fact]
    public async Task Every_endpoint_rejects_an_unknown_parameter_and_says_what_it_supports()
    {
        await using var hub = await ScenarioHub.StartAsync();

        foreach (var (method, path, _) in RoutesOf(hub))
        {
            var errors = await ErrorsAsync(hub, method, $"{path}?bogus=true", body: null);

            errors.GetProperty("bogus")[0].GetString().ShouldNotBeNull().ShouldStartWith("unknown parameter; ");
        }
    }

    [Fact]
    public async Task Every_endpoint_rejects_an_unknown_member_or_a_body_that_it_does_not_take()
    {
        await using var hub = await ScenarioHub.StartAsync();

        foreach (var (method, path, takesBody) in RoutesOf(hub))
        {
            var problem = await ProblemAsync(hub, method, path, """{"bogus":true}""");

            if (takesBody)
            {
                problem.InvalidMembers().ShouldBe(["bogus"], $"{method} {path}");
            }
            else
            {
                problem.GetProperty("detail").GetString()!.ShouldStartWith("This request must not have a body");
            }
        }
    }

    [Theory]
    [InlineData("GET", "/admin/locations?limit=abc", "limit", "must be a whole number, at most 2147483647")]
    [InlineData("GET", "/admin/audit?after=x", "after", "must be a whole number, at most 9223372036854775807")]
    [InlineData("GET", "/admin/audit?after=", "after", "must not be empty")]
    [InlineData("GET", "/admin/audit?limit=1&limit=2", "limit", "must have only one value")]
    [InlineData("GET", "/admin/notifications?since=yesterday", "since", "must be a time, such as 2026-03-01T08:00:00Z")]
    [InlineData("POST", "/admin/locations/x/rotate-secret?overwrite=maybe", "overwrite", "must be true or false")]
    [InlineData("DELETE", "/admin/locations/x?delete-data=true", "delete-data", "deleteData, skipApple, noRestore")]
    [InlineData("POST", "/admin/locations/x/relay-targets/y/resend?seq=1&seq=b", "seq", "must be a whole number")]
    [InlineData("GET", "/events?limti=3", "limti", "supported: after, topic, type, location, limit, wait")]
    [InlineData("GET", "/events?wait=1.5", "wait", "must be a whole number")]
    [InlineData("GET", "/snapshot/1/asset?limit=1", "limit", "this request has none")]
    public async Task An_invalid_parameter_is_named_with_what_is_wrong(
        string method,
        string path,
        string parameter,
        string expected
    )
    {
        await using var hub = await ScenarioHub.StartAsync();

        var errors = await ErrorsAsync(hub, new HttpMethod(method), path, body: null);

        errors.EnumerateObject().Select(error => error.Name).ShouldBe([parameter]);
        errors.GetProperty(parameter)[0].GetString()!.ShouldContain(expected);
    }

    [Theory]
    [InlineData("""{"serialNumber":"C02","dry_run":true}""", "supported: serialNumber, clientUserId, location, dryRun")]
    [InlineData("""{"serialNumber":"C02","dryRun":"s3cr3t"}""", "has the wrong type or is repeated")]
    [InlineData("""{"serialNumber":"C02","dryRun":true,"dryRun":false}""", "has the wrong type or is repeated")]
    [InlineData("""{"serialNumber":"C02","kind":"device"}""", "unknown member")]
    [InlineData("{s3cr3t", "not valid JSON: see line 1, byte 2")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("null", "requires a JSON body")]
    [InlineData("", "requires a JSON body")]
    public async Task An_unreadable_body_erases_nothing_and_is_explained_without_quoting_it(
        string body,
        string expected
    )
    {
        await using var hub = await ScenarioHub.StartAsync();

        var problem = await ProblemAsync(hub, HttpMethod.Post, "/admin/erasures", body);

        problem.GetRawText().ShouldContain(expected);
        problem.GetRawText().ShouldNotContain("s3cr3t");
        (await hub.TextAsync("/admin/audit")).ShouldNotContain("erase");
    }

    [Theory]
    [InlineData("GET", "/admin/notifications/99", HttpStatusCode.NotFound, "Nothing was found for seq 99.")]
    [InlineData("POST", "/admin/notifications/99/reroute", HttpStatusCode.NotFound, "Nothing was found for seq 99.")]
    [InlineData("GET", "/operations/x", HttpStatusCode.NotFound, "Nothing was found for eventId x.")]
    [InlineData("GET", "/events/9-9", HttpStatusCode.NotFound, "Nothing was found for id 9-9.")]
    [InlineData(
        "GET",
        "/snapshot/nope/asset",
        HttpStatusCode.NotFound,
        "Nothing was found for location nope, kind asset."
    )]
    [InlineData("PUT", "/admin/locations", HttpStatusCode.MethodNotAllowed, "supports only GET, POST")]
    public async Task An_error_without_a_body_gets_problem_details(
        string method,
        string path,
        HttpStatusCode status,
        string expected
    )
    {
        await using var hub = await ScenarioHub.StartAsync();

        var problem = await ProblemAsync(hub, new HttpMethod(method), path, body: null, status);

        problem.GetProperty("detail").GetString()!.ShouldContain(expected);
    }

    [Fact]
    public async Task A_body_without_a_JSON_content_type_is_explained()
    {
        await using var hub = await ScenarioHub.StartAsync();

        using var response = await hub.Http.PostAsync("/admin/locations", new StringContent("{}"));

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.Content.ReadAsStringAsync()).ShouldContain("Content-Type: application/json");
    }

    private static IReadOnlyList<(HttpMethod Method, string Path, bool TakesBody)> RoutesOf(ScenarioHub hub)
    {
        List<(HttpMethod, string, bool)> routes =
        [
            .. from route in hub
                .Services.GetServices<EndpointDataSource>()
                .SelectMany(source => source.Endpoints)
                .OfType<RouteEndpoint>()
            let methods = route.Metadata.GetMetadata<HttpMethodMetadata>()
            let path = $"/{route.RoutePattern.RawText!.TrimStart('/')}"
            where methods is not null && route.Metadata.GetMetadata<ConsoleRoute>() is null
            where !path.StartsWith("/notifications/", StringComparison.Ordinal)
            select (
                new HttpMethod(methods.HttpMethods[0]),
                Parameter().Replace(path, "1"),
                route.Metadata.GetMetadata<IAcceptsMetadata>() is not null
            ),
        ];
        routes.Count.ShouldBeGreaterThan(35);
        return routes;
    }

    private static async Task<JsonElement> ErrorsAsync(ScenarioHub hub, HttpMethod method, string path, string? body) =>
        (await ProblemAsync(hub, method, path, body)).GetProperty("errors");

    private static async Task<JsonElement> ProblemAsync(
        ScenarioHub hub,
        HttpMethod method,
        string path,
        string? body,
        HttpStatusCode status = HttpStatusCode.BadRequest
    )
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await hub.Http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, $"{method} {path}: {text}");
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", $"{method} {path}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();
}
