using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Intake;

public sealed class IntakeMetricsTests
{
    private const string UId = "2049025000431439";

    [Fact]
    public async Task Each_delivery_is_counted_once_with_its_outcome()
    {
        await using var hub = await HubHost.StartAsync("Intake:MaxBodyBytes=65536");
        using var readings = ReadingsOf(hub);
        var location = await hub.AddLocationAsync(UId);
        (string Body, HttpStatusCode Status)[] deliveries =
        [
            (TestLocation.Notification("n-1"), HttpStatusCode.OK),
            (TestLocation.Notification("n-2"), HttpStatusCode.OK),
            (TestLocation.Notification("n-1"), HttpStatusCode.OK),
            (TestLocation.Notification("n-1", type: "ASSET_COUNT"), HttpStatusCode.OK),
            (TestLocation.Notification("n-3", uId: "999"), HttpStatusCode.OK),
            ("[]", HttpStatusCode.BadRequest),
            (new string(' ', 65537), HttpStatusCode.RequestEntityTooLarge),
        ];

        foreach (var (body, status) in deliveries)
        {
            (await location.PostAsync(body)).StatusCode.ShouldBe(status);
        }

        using var content = new StringContent("{}");
        (await location.PostAsync(content, "wrong")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        Deliveries(readings)
            .ShouldBe(
                [
                    ("stored", 2),
                    ("duplicate", 1),
                    ("stored-as-conflict", 1),
                    ("quarantined", 1),
                    ("rejected", 1),
                    ("too-large", 1),
                    ("unauthorized", 1),
                ],
                ignoreOrder: true
            );
    }

    [Fact]
    public async Task A_delivery_over_the_rate_limit_is_counted()
    {
        await using var hub = await HubHost.StartAsync("Intake:DeliveriesPerSecondPerLocation=1");
        using var readings = ReadingsOf(hub);
        var location = await hub.AddLocationAsync();

        var stored = 0;
        while ((await location.PostAsync(TestLocation.Notification($"n-{stored}"))).StatusCode == HttpStatusCode.OK)
        {
            stored++;
        }

        Deliveries(readings).ShouldBe([("stored", stored), ("rate-limited", 1)], ignoreOrder: true);
    }

    [Fact]
    public async Task A_body_that_times_out_is_counted()
    {
        await using var hub = await HubHost.StartAsync("Intake:BodyTimeout=00:00:01");
        using var readings = ReadingsOf(hub);
        var location = await hub.AddLocationAsync();
        using var slow = await RawConnection.OpenAsync(hub.Http.BaseAddress!);

        await slow.SendAsync(RawConnection.HeadOf(location, contentLength: 100));

        (await slow.ReadLineAsync()).ShouldBe("HTTP/1.1 408 Request Timeout");
        Deliveries(readings).ShouldBe([("timed-out", 1)]);
    }

    [SqliteFact]
    public async Task A_delivery_that_cannot_be_stored_is_counted()
    {
        await using var hub = await HubHost.StartAsync("Storage:LockTimeout=00:00:00.1");
        using var readings = ReadingsOf(hub);
        var location = await hub.AddLocationAsync();
        await using var other = new SqliteConnection(
            $"Data Source={((SqliteDatabase)hub.Database).File};Pooling=false"
        );
        await other.OpenAsync();
        await using var held = other.BeginTransaction(deferred: false);

        var response = await location.PostAsync(TestLocation.Notification("n-1"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Deliveries(readings).ShouldBe([("unavailable", 1)]);
    }

    [Fact]
    public async Task A_delivery_over_the_memory_budget_is_counted()
    {
        await using var hub = await HubHost.StartAsync(
            "Intake:MaxBodyBytes=65536",
            "Intake:MaxBytesInFlight=65536",
            "Intake:MaxBytesInFlightPerLocation=65536"
        );
        using var readings = ReadingsOf(hub);
        var location = await hub.AddLocationAsync();
        using var half = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        await half.SendAsync(RawConnection.HeadOf(location, contentLength: 65536) + new string(' ', 65535));
        var budget = hub.Services.GetRequiredService<MemoryBudget>();
        await Until.TrueAsync(() => budget.Used >= 65535, "the budget is exhausted");

        var response = await location.PostAsync(TestLocation.Notification("n-1"));

        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        Deliveries(readings).ShouldBe([("overloaded", 1)]);
    }

    private static MeterReadings ReadingsOf(HubHost hub) => new(hub.Services.GetRequiredService<IMeterFactory>());

    private static IEnumerable<(string Outcome, double Count)> Deliveries(MeterReadings readings) =>
        readings.Sums("notificationhub.intake.deliveries");
}
