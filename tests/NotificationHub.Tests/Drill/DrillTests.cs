using NotificationHub.Tests.Documents;

namespace NotificationHub.Tests.Drill;

/// <summary>Each scenario shows the outage as documented, and ends with a recovery without loss.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class DrillTests
{
    private const string Well = "health  live 200, ready 200, healthy";
    private const string Degraded = "health  live 200, ready 200, degraded";
    private const string Unhealthy = "health  live 200, ready 503, unhealthy";
    private const string Starting = "health  live 200, ready 503, detail 503";
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

    [Fact]
    public async Task A_hub_whose_database_server_is_away_responds_503_until_it_can_open_the_database()
    {
        var drill = await DrillRun.RunAsync("database-away");

        drill.ShouldPrint(
            Well,
            "done    the hub restarts while its database server refuses connections",
            "3 deliveries answered 503 with Retry-After: 5",
            Starting,
            "log     Could not open the database; responding 503 to deliveries.",
            "done    the database server accepts connections, but does not respond",
            "3 deliveries answered 503 with Retry-After: 5",
            Starting,
            "done    the database server is back",
            "3 deliveries answered 200",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("database-away", drill);
    }

    [Fact]
    public async Task A_slow_database_delays_deliveries_and_a_replica_stays_ready_up_to_two_seconds()
    {
        var drill = await DrillRun.RunAsync("database-slow");

        drill.ShouldPrint(
            Well,
            "done    3 times, a transaction takes 1.5 seconds",
            "3 deliveries answered 200",
            "health  ready 200, 200, 200 while",
            "done    a transaction takes longer than two seconds",
            Unhealthy,
            "health  - the database did not take a transaction within 2 seconds",
            "log     Not ready: /health/ready returns 503.",
            "done    after 30 seconds, the database is fast again",
            "1 deliveries answered 200",
            Well,
            Recovered
        );
        drill.Lines.ShouldNotContain(line => line.Contains("answered 503", StringComparison.Ordinal));
        Runbook.ShouldQuote("database-slow", drill);
    }

    [Fact]
    public async Task An_unread_subscription_stops_its_topic_until_it_is_deleted()
    {
        var drill = await DrillRun.RunAsync("topic-full");

        drill.ShouldPrint(
            Well,
            "done    the other consumers have received their messages",
            "metric  Size of topic assets: ",
            "done    the unread messages have expired",
            "metric  Size of topic assets: ",
            "done    more than five minutes after the topic was full",
            "deliveries answered 200",
            "metric  Size of topic assets: 1",
            Degraded,
            "pending: A quota is exceeded",
            "metric  notificationhub.publishing.stopped{topic=users} 0",
            "done    an operator deletes the subscription",
            "metric  notificationhub.publishing.stopped{topic=assets} 0",
            "; DeadletteredMessages: 0",
            Well,
            Recovered
        );
        // The alerts topic-size and consumer-dead-letters precede the stop; topic-delayed follows it.
        var sizes = drill.Numbers("Size of topic assets: ");
        sizes[0].ShouldBeInRange(80, 99);
        sizes[2].ShouldBeGreaterThanOrEqualTo(100);
        sizes[3].ShouldBeLessThan(80);
        drill.Numbers("DeadletteredMessages: ")[1].ShouldBeGreaterThan(0);
        drill.Numbers("oldest_pending_age{stage=publishing:assets} ").Single().ShouldBeGreaterThan(300);
        Runbook.ShouldQuote("topic-full", drill);
    }

    [Fact]
    public async Task An_expired_certificate_shows_from_outside_only_and_a_reconciliation_finds_the_lost_changes()
    {
        var drill = await DrillRun.RunAsync("certificate-expired");

        drill.ShouldPrint(
            Well,
            "doctor  public URL: resolves, has a trusted certificate until 2026-10-30",
            "expires in an hour",
            "3 deliveries answered 200",
            "doctor  public URL: FAILED: the certificate expires at 2026-08-01 13:0",
            "done    an hour later, the certificate has expired",
            "apple   9 deliveries got no response: SecureConnectionError",
            "probe   GET /health/live: SecureConnectionError",
            "doctor  public URL: FAILED: the certificate expired at 2026-08-01 13:0",
            Well,
            "metric  notificationhub.intake.deliveries{outcome=stored} ",
            "the certificate is renewed",
            "probe   GET /health/live: 200",
            "reconcile --location L",
            Well,
            "event   reconcile.drift-found.v1 ",
            "3 abandoned by Apple",
            Recovered
        );
        // The hub itself notices nothing.
        drill.Numbers("deliveries{outcome=stored} ").Distinct().ShouldHaveSingleItem();
        Runbook.ShouldQuote("certificate-expired", drill);
    }
}
