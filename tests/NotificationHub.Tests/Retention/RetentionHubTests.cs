using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Feed;
using NotificationHub.Hosting;
using NotificationHub.Storage;
using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Health;

namespace NotificationHub.Tests.Retention;

/// <summary>Retention in a running hub.</summary>
public sealed class RetentionHubTests
{
    private const int Old = 3_000;

    // The database's clock decides whether a lease has expired, so the clocks should not differ much.
    private readonly ManualClock clock = new(TimeProvider.System.GetUtcNow());

    [Fact]
    public async Task Old_rows_are_deleted_while_notifications_arrive_and_readers_get_a_410()
    {
        await using var hub = await HubHost.StartAsync(builder => builder.Services.AddSingleton<TimeProvider>(clock));
        var location = await hub.AddLocationAsync();
        await FillAsync(hub);

        var posted = 0;
        await UntilAsync(async () =>
        {
            using var response = await location.PostAsync(TestLocation.Notification($"new-{++posted}"));
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            return await ScalarAsync(hub, "select count(*) from event_log where created_at < 1000") == 0
                && await ScalarAsync(hub, "select count(*) from notification_log where received_at < 1000") == 0;
        });

        posted.ShouldBeGreaterThan(3, "it takes many short transactions");
        (await ScalarAsync(hub, "select count(*) from notification_log")).ShouldBe(posted);
        (await ScalarAsync(hub, "select min(seq) from notification_log")).ShouldBe(Old + 1);
        using var gone = await hub.Http.GetAsync("/events?after=5");
        gone.StatusCode.ShouldBe(HttpStatusCode.Gone);
        var oldest = (await gone.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("oldest").GetInt64();
        oldest.ShouldBeGreaterThan(Old);
        (await hub.DetailAsync()).Stage("retention").GetProperty("backlog").GetInt64().ShouldBe(0);
    }

    [Fact]
    public async Task A_snapshot_returns_a_position_even_if_no_event_is_left()
    {
        await using var hub = await HubHost.StartAsync();
        var location = await hub.AddLocationAsync();
        await hub.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("update log_start set first_seq = 8 where log = 'event'"),
            CancellationToken.None
        );

        using var snapshot = await hub.Http.GetAsync($"/snapshot/{location.Id}/asset");
        var seq = snapshot.Headers.GetValues("Notificationhub-Sequence").Single();
        using var events = await hub.Http.GetAsync($"/events?after={seq}");

        seq.ShouldBe("7");
        events.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_reader_does_not_skip_rows_that_are_deleted_while_it_reads()
    {
        await using var hub = await HubHost.StartAsync();
        await FillAsync(hub);
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("delete from event_log where seq < 10");
                await transaction.ExecuteAsync("update log_start set first_seq = 10 where log = 'event'");
                await transaction.ExecuteAsync("update event_log set created_at = unixepoch('subsec') * 1000");
            },
            CancellationToken.None
        );
        var feed = hub.Services.GetRequiredService<EventFeed>();

        // A reader that starts so early gets a 410; this one started while the row after 5 existed.
        var late = await feed.ReadAsync(5, new EventFilter(), limit: 1, CancellationToken.None);
        var intime = await feed.ReadAsync(9, new EventFilter(), limit: 1, CancellationToken.None);

        late.Entries.ShouldBeEmpty();
        late.Position.ShouldBe(5);
        intime.Entries.Single().Seq.ShouldBe(10);
    }

    [Fact]
    public void Notifications_must_be_stored_at_least_as_long_as_events()
    {
        var error = Should.Throw<ConfigurationException>(() =>
            HubApplication.Build(["--Retention:Events=40.00:00:00", "--Retention:UnroutedNotifications=00:00:01"])
        );

        error.Message.ShouldContain(
            "Retention:Notifications: must be at least Retention:Events, because events refer to their notifications: set it to 40.00:00:00 or more, or lower Retention:Events"
        );
        error.Message.ShouldContain("Retention:UnroutedNotifications: must be between");
    }

    /// <summary>Old notifications, routed and published.</summary>
    private static Task FillAsync(HubHost hub)
    {
        StoredEvents.ExcludeAll(hub.Database);
        return hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync(
                    """
                    with recursive n (i) as (select 1 union all select i + 1 from n where i < @Old)
                    insert into notification_log
                        (location_id, dedup_hash, notification_id, body_sha256, body_hash, received_at, disposition, conflict, body)
                    select 'old', i, 'old-' || i, zeroblob(32), 0, 1, 0, 0, zeroblob(400) from n
                    """,
                    new { Old }
                );
                await transaction.ExecuteAsync(
                    """
                    insert into event_log (topic, type, location_id, notification_seq, conflict, created_at)
                    select 'assets', 'asset.count.notified', 'old', seq, 0, 1 from notification_log
                    """
                );
                await transaction.ExecuteAsync(
                    "insert into log_cursor (name, position, last_progress_at) select 'routing', max(seq), 1 from notification_log"
                );
            },
            CancellationToken.None
        );
    }

    private Task UntilAsync(Func<Task<bool>> condition) =>
        Until.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            "all old rows are deleted"
        );

    private static async Task<long> ScalarAsync(HubHost hub, string sql)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        return await connection.ExecuteScalarAsync<long>(sql);
    }
}
