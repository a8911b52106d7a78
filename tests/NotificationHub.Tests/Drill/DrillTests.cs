using NotificationHub.Tests.Documents;

namespace NotificationHub.Tests.Drill;

/// <summary>What is to be seen while something is broken, and that all is well afterwards: the command's own audit has found no loss.</summary>
[Collection(ProcessTelemetry.Name)]
public sealed class DrillTests
{
    private const string Well = "health  live 200, ready 200, healthy";
    private const string Degraded = "health  live 200, ready 200, degraded";
    private const string Unhealthy = "health  live 200, ready 503, unhealthy";
    private const string Recovered = "recovered; lost: 0, doubled: 0";

    [Fact]
    public async Task While_the_bus_is_down_for_hours_topics_are_seen_to_stand_still_and_then_send_all()
    {
        var drill = await DrillRun.OfAsync("bus-down");

        drill.ShouldSay(
            Well,
            "done    the bus is gone",
            "posts answered 200",
            Degraded,
            "health  - topic assets stands still since 2026-08-01T12:",
            "Service Bus could not be reached",
            "metric  notificationhub.stage.stalled{stage=publishing:assets} 1",
            "three hours later",
            "18 posts answered 200",
            Degraded,
            // As at first: what a topic's state is since is no news of each lease.
            "health  - topic assets stands still since 2026-08-01T12:",
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
    public async Task While_Apple_is_down_for_hours_reads_are_seen_to_stand_still_and_are_made_soon_after()
    {
        var drill = await DrillRun.OfAsync("apple-down");

        drill.ShouldSay(
            Well,
            "posts answered 200",
            Degraded,
            "health  - refetch: ",
            "three hours later",
            "18 posts answered 200",
            Degraded,
            "health  - refetch stands still since 2026-08-01T12:",
            "health  - full-sync stands still since 2026-08-01T",
            "metric  notificationhub.stage.stalled{stage=refetch} 1",
            "metric  notificationhub.refetch.errors{kind=Unavailable} ",
            "done    Apple is back",
            "metric  notificationhub.stage.stalled{stage=refetch} 0",
            Well,
            Recovered
        );
        // Not the hour that the pauses between an operation's questions grow to.
        (drill.At("refetch} 0") - drill.At("Apple is back")).ShouldBeLessThan(TimeSpan.FromMinutes(20));
        Runbook.ShouldQuote("apple-down", drill);
    }

    [Fact]
    public async Task A_revoked_content_token_is_told_posts_are_taken_and_a_new_token_reads_what_waits()
    {
        var drill = await DrillRun.OfAsync("token-revoked");

        drill.ShouldSay(
            Well,
            Degraded,
            "health  - locations revoked: 1",
            "health  - location L is revoked since 2026-08-01",
            "event   location.token-revoked.v1 {\"state\":\"revoked\"",
            "metric  notificationhub.refetch.errors{kind=TokenRevoked} 1",
            "eight hours later",
            "18 posts answered 200",
            "metric  notificationhub.refetch.pending ",
            "new content token",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("token-revoked", drill);
    }

    [Fact]
    public async Task While_the_database_is_locked_Apple_is_told_to_come_again_and_does()
    {
        var drill = await DrillRun.OfAsync("database-locked");

        drill.ShouldSay(
            Well,
            "done    another program holds the database",
            "posts answered 503 with Retry-After: 5",
            Unhealthy,
            "health  - the database cannot be used: SQLite refused the write: SQLite Error 5",
            "posts answered 503 with Retry-After: 5",
            Unhealthy,
            "metric  notificationhub.intake.deliveries{outcome=unavailable} 6",
            "done    the other program is done",
            "3 posts answered 200",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("database-locked", drill);
    }

    [Fact]
    public async Task While_the_disk_is_full_no_posts_are_sent_here_and_with_room_they_are_kept()
    {
        var drill = await DrillRun.OfAsync("disk-full");

        drill.ShouldSay(
            Well,
            "done    not one page more can be written",
            "posts answered 503 with Retry-After: 5",
            Unhealthy,
            "health  - the database cannot be used: SQLite refused the write: SQLite Error 13: 'database or disk is full'",
            "posts answered 503 with Retry-After: 5",
            Unhealthy,
            "done    there is room again",
            "posts answered 200",
            Well,
            Recovered
        );
        Runbook.ShouldQuote("disk-full", drill);
    }
}
