using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Auth;

public sealed class UnauthorizedRequestsTests
{
    [Fact]
    public async Task Wrong_keys_are_counted_by_API_and_requests_without_one_are_not()
    {
        await using var hub = await ScenarioHub.StartAsync(
            "environment=Production",
            "Auth:ApiKeys:0:Name=team",
            $"Auth:ApiKeys:0:Sha256={new string('0', 64)}",
            "Auth:ApiKeys:1:Name=operator",
            $"Auth:ApiKeys:1:Sha256={new string('1', 64)}",
            "Auth:ApiKeys:1:Role=Read"
        );
        using var readings = new MeterReadings(hub.Services.GetRequiredService<IMeterFactory>());
        (string Path, string? Key, string? ApiKey)[] requests =
        [
            ("/events", "wrong", null),
            ("/snapshot/x/assets", null, "wrong"),
            ("/events/1-1", null, null),
            ("/admin/locations", "wrong", null),
            ("/health/detail", null, "wrong"),
            ("/openapi/v1.json", "a.b.c", null),
            ("/admin/locations", null, null),
        ];

        foreach (var (path, key, apiKey) in requests)
        {
            await hub.ScenarioAsync(request =>
            {
                request.Get.Url(path);
                request.Authenticate(key);
                if (apiKey is not null)
                {
                    request.WithRequestHeader("X-Api-Key", apiKey);
                }

                request.StatusCodeShouldBe(HttpStatusCode.Unauthorized);
            });
        }

        readings
            .Sums("notificationhub.access.unauthorized")
            .ShouldBe([("consumers", 2), ("admin", 3)], ignoreOrder: true);
    }

    [Fact]
    public void The_first_is_logged_immediately_and_later_ones_once_a_minute()
    {
        var clock = new FakeTimeProvider();
        var log = new LogLines();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        using var meters = new TestMeters();
        using var unauthorized = new UnauthorizedRequests(
            new AccessMetrics(meters),
            clock,
            loggers.CreateLogger<UnauthorizedRequests>()
        );

        unauthorized.Record(UnauthorizedRequests.Admin, Request("10.0.0.1"));
        Lines()
            .ShouldBe([
                "1 requests to the admin API presented an invalid key or token; responded 401. Addresses: 10.0.0.1.",
            ]);

        for (var n = 0; n < 1000; n++)
        {
            unauthorized.Record(UnauthorizedRequests.Admin, Request($"10.0.1.{n % 100}"));
        }

        Lines().Length.ShouldBe(1);
        clock.Advance(TimeSpan.FromMinutes(1));
        Lines().Length.ShouldBe(2);
        Lines()[1].ShouldStartWith("1000 requests");
        Lines()[1]
            .ShouldEndWith(
                "10.0.1.0, 10.0.1.1, 10.0.1.2, 10.0.1.3, 10.0.1.4, 10.0.1.5, 10.0.1.6, 10.0.1.7 and others."
            );

        clock.Advance(TimeSpan.FromMinutes(5));
        Lines().Length.ShouldBe(2);
        unauthorized.Record(UnauthorizedRequests.Admin, Request("10.0.0.1"));
        unauthorized.Record(UnauthorizedRequests.Consumers, Request("10.0.0.2"));
        Lines()[2..].Select(line => line[^10..]).ShouldBe([" 10.0.0.1.", " 10.0.0.2."]);

        string[] Lines() => [.. log.Text.Split('\n').Select(line => line.Trim())];
    }

    private static DefaultHttpContext Request(string address)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        context.Request.Headers.Authorization = "Bearer wrong";
        return context;
    }
}
