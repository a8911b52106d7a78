using NotificationHub.Tests.Documents;

namespace NotificationHub.Tests.Drill;

/// <summary>Each scenario shows the outage as documented, and ends with a recovery without loss.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class DrillTests
{
    private const string Well = "health  live 200, ready 200, healthy";
    private const string Degraded = "health  live 200, ready 200, degraded";
    private const string Unhealthy = "health  live 200, ready 503, unhealthy";
    private const string Recovered = "recovered; lost: 0, duplicated: 0";

    [Fact]
    public async Task Topics_report_a_stall_while_the_bus_is_down_and_then_publish_all_events()
    {
        var drill = await DrillRun.RunAsync("bus-down");

        drill.ShouldPrint(
            Well,
            "done    the bus is down",
            "deliveries answered 200",
            Degraded,
            "health  - topic assets has been stopped since 2026-08-01T12:",
            "Service Bus could not be reached",
            "metric  notificationhub.stage.stalled{stage=publishing:assets} 1",
            "three hours later",
            "18 deliveries answered 200",
            Degraded,
            // Unchanged: a renewed lease does not reset the time.
            "health  - topic assets has been stopped since 2026-08-01T12:",
            "metric  notificationhub.publishing.oldest_unsent_age{topic=assets} 11",
            "event   /events?topic=assets has ",
            "done    the bus is back",
            "metric  notificationhub.stage.stalled{stage=publishing:assets} 0",
            Well,
            "received: assets/inventory ",
            Recovered
        );
        Runbook.ShouldQuote("bus-down", drill);
    }

    [Fact]
    public async Task A_full_topic_stops_alone_and_publishes_all_events_once_it_has_space()
    {
        var drill = await DrillRun.RunAsync("topic-full");

        drill.ShouldPrint(
            Well,
            "have filled the topic assets",
            "deliveries answered 200",
            Degraded,
            "health  - topic assets has been stopped since 2026-08-01T",
            "six minutes later; the topic is still full",
            Degraded,
            "metric  notificationhub.publishing.oldest_unsent_age{topic=users} 0",
            "event   /events?topic=assets has ",
            "done    an operator deletes the subscription",
            "metric  notificationhub.publishing.oldest_unsent_age{topic=assets} 0",
            Well,
            "received: assets/inventory ",
            Recovered
        );
        Runbook.ShouldQuote("topic-full", drill);
    }

    [Fact]
    public async Task Refetch_reports_a_stall_while_Apple_is_down_and_catches_up_soon_after()
    {
        var drill = await DrillRun.RunAsync("apple-down");

        drill.ShouldPrint(
            Well,
            "deliveries answered 200",
            Degraded,
            "health  - refetch: ",
            "three hours later",
            "18 deliveries answered 200",
            Degraded,
            "health  - refetch has been stalled since 2026-08-01T12:",
            "health  - full-sync has been stalled since 2026-08-01T",
            "metric  notificationhub.stage.stalled{stage=refetch} 1",
            "metric  notificationhub.refetch.errors{kind=Unavailable} ",
            "done    Apple is back",
            "metric  notificationhub.stage.stalled{stage=refetch} 0",
            Well,
            Recovered
        );
        // Less than the hour that the pause between an operation's polls can reach.
        (drill.At("refetch} 0") - drill.At("Apple is back")).ShouldBeLessThan(TimeSpan.FromMinutes(20));
        Runbook.ShouldQuote("apple-down", drill);
    }

    [Fact]
    public async Task Deliveries_are_stored_while_the_content_token_is_revoked_and_a_new_token_clears_the_backlog()
    {
        var drill = await DrillRun.RunAsync("token-revoked");

        drill.ShouldPrint(
            Well,
            Degraded,
            "health  - locations revoked: 1",
            "health  - location L has been revoked since 2026-08-01",
            "event   location.token-revoked.v1 {\"state\":\"revoked\"",
            "metric  notificationhub.refetch.errors{kind=TokenRevoked} 1",
            "eight hours later",
            "18 deliveries answered 200",
            "metric  notificationhub.refetch.pending ",
            "new content token",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("token-revoked", drill);
    }

    [Fact]
    public async Task Apple_retries_deliveries_that_are_rejected_while_the_database_is_locked()
    {
        var drill = await DrillRun.RunAsync("database-locked");

        drill.ShouldPrint(
            Well,
            "done    another program locks the database",
            "deliveries answered 503 with Retry-After: 5",
            Unhealthy,
            "health  - the database cannot be used: SQLite refused the write: SQLite Error 5",
            "deliveries answered 503 with Retry-After: 5",
            Unhealthy,
            "metric  notificationhub.intake.deliveries{outcome=unavailable} 6",
            "done    the lock is released",
            "3 deliveries answered 200",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("database-locked", drill);
    }

    [Fact]
    public async Task Apple_retries_deliveries_that_are_rejected_while_the_disk_is_full()
    {
        var drill = await DrillRun.RunAsync("disk-full");

        drill.ShouldPrint(
            Well,
            "done    the database cannot grow",
            "deliveries answered 503 with Retry-After: 5",
            Unhealthy,
            "health  - the database cannot be used: SQLite refused the write: SQLite Error 13: 'database or disk is full'",
            "deliveries answered 503 with Retry-After: 5",
            Unhealthy,
            "done    there is space again",
            "deliveries answered 200",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("disk-full", drill);
    }
}
