using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Security;

/// <summary>Paths, parameters and bodies with text that a database, a log or a terminal could obey.</summary>
public sealed partial class HostileRequestTests
{
    private const string Operator = "operating-key";
    private const string Consumer = "consumer-key";

    private static readonly string[] Texts =
    [
        "'; drop table location; --",
        "x' or '1'='1",
        "%",
        "1; select 1",
        "a\r\n2026 forged: line",
        "\u001b[2J\u009b2J\u202e",
        "\0",
        "../../etc/passwd",
        new string('x', 2000),
    ];

    [Fact]
    public async Task No_path_parameter_or_body_becomes_SQL_or_a_log_line_or_an_unexpected_error()
    {
        using var log = new LogLines();
        await using var hub = await HubHost.StartAsync(
            builder => builder.Logging.AddProvider(log),
            [
                "environment=Production",
                "Logging:LogLevel:Default=Trace",
                .. AdminHost.Key(0, "inventory", Consumer, "Consume"),
                .. AdminHost.Key(1, "pipeline", Operator, "Operate"),
            ]
        );
        var location = await hub.AddLocationAsync();
        var routes = Routes(hub).ToList();
        List<string> failed = [];

        routes.Count.ShouldBeGreaterThan(25);
        foreach (var (method, route, endpoint) in routes)
        {
            foreach (var text in Texts)
            {
                var path = $"{Parameter().Replace(route, _ => Uri.EscapeDataString(text))}?{Query(endpoint, text)}";
                var key =
                    route.StartsWith("/events", StringComparison.Ordinal)
                    || route.StartsWith("/snapshot", StringComparison.Ordinal)
                        ? Consumer
                        : Operator;
                using var request = new HttpRequestMessage(new HttpMethod(method), path);
                request.Headers.Authorization = new("Bearer", key);
                request.Content = JsonBody(endpoint, text);
                using var response = await hub.Http.SendAsync(request);
                if (response.StatusCode >= HttpStatusCode.InternalServerError)
                {
                    failed.Add($"{method} {path} {response.StatusCode}");
                }
            }
        }

        failed.ShouldBeEmpty();
        (await location.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        ((string[])["\r", "\n2026 forged", "\u001b", "\u009b", "\u202e", "\0"])
            .Where(forged => log.Text.Contains(forged, StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static IEnumerable<(string Method, string Route, RouteEndpoint Endpoint)> Routes(HubHost hub) =>
        from endpoint in hub
            .Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        select (method, $"/{endpoint.RoutePattern.RawText!.TrimStart('/')}", endpoint);

    // Other parameters and members would only be rejected.
    private static string Query(Endpoint endpoint, string text) =>
        string.Join(
            '&',
            (endpoint.Metadata.GetMetadata<DeclaredQuery>()?.Parameters ?? [])
                .Where(parameter => parameter.Format.CanParse(text))
                .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(text)}")
        );

    private static StringContent? JsonBody(Endpoint endpoint, string text)
    {
        if (endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is not { } type)
        {
            return null;
        }

        var members = JsonSerializerOptions
            .Web.GetTypeInfo(type)
            .Properties.Where(member => member.PropertyType == typeof(string))
            .ToDictionary(member => member.Name, _ => text, StringComparer.Ordinal);
        return new StringContent(JsonSerializer.Serialize(members), Encoding.UTF8, "application/json");
    }

    [GeneratedRegex("{[^}]*}")]
    private static partial Regex Parameter();
}
