using NotificationHub.Retention;
using NotificationHub.Storage;
using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

/// <summary>Rows that are not deleted as a prefix of a log.</summary>
public abstract class ExpiredRowsContract : RetentionSceneContract
{
    [Theory]
    [InlineData("open")]
    [InlineData("resend")]
    public async Task A_dead_letter_is_retained_with_its_event_for_a_time_after_it_is_resolved(string state)
    {
        await Scene.RouteAsync(4);
        await Scene.SetPublishedAsync("assets", 4);
        await Test.ExecuteAsync(
            "insert into dead_letter (event_seq, topic, state, reason, rejected_at) values (2, 'assets', @state, 'odd', 0)",
            new { state }
        );

        Scene.Pass(days: 100);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBe([2L, 3L, 4L]);
        (await Scene.NotificationsAsync()).ShouldBe([2L, 3L, 4L]);

        await Test.ExecuteAsync(
            "update dead_letter set state = 'discarded', resolved_at = @now",
            new { now = Scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );
        Scene.Pass(days: 29);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Test.ScalarAsync<long>("select count(*) from dead_letter")).ShouldBe(1);

        Scene.Pass(days: 1);
        await Scene.RunAsync();
        (await Test.ScalarAsync<long>("select count(*) from dead_letter")).ShouldBe(0);
    }

    [Fact]
    public async Task An_unfinished_replay_holds_back_its_events_for_a_week_and_is_deleted_a_month_after_its_end()
    {
        await Scene.RouteAsync(4);
        await Scene.SetPublishedAsync("assets", 4);
        Scene.Pass(days: 13);
        await Test.ExecuteAsync(
            """
            insert into replay
            (
                replay_id, topic, after_seq, up_to_seq, rate, state, position, events, sent, rejected, requested_by, requested_at
            )
            values ('r', 'assets', 0, 4, 50, 'running', 2, 4, 2, 0, 'os:alice', @now)
            """,
            new { now = Scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );

        Scene.Pass(days: 3);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBe([3L, 4L]);
        (await Scene.ReadStageAsync()).Error.ShouldBe("an unfinished replay still needs them");

        Scene.Pass(days: 5);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();

        await Test.ExecuteAsync(
            "update replay set state = 'canceled', finished_at = @now",
            new { now = Scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );
        Scene.Pass(days: 29);
        await Scene.RunAsync();
        (await Test.ScalarAsync<long>("select count(*) from replay")).ShouldBe(1);
        Scene.Pass(days: 1);
        await Scene.RunAsync();
        (await Test.ScalarAsync<long>("select count(*) from replay")).ShouldBe(0);
    }

    [Fact]
    public async Task Rows_that_await_an_operator_are_retained_longer_and_delay_nothing()
    {
        await Scene.PostAsync(Disposition.Rejected);
        await Scene.PostAsync(Disposition.Quarantined);
        await Scene.PostAsync(Disposition.Unrecognized);
        await Scene.RouteAsync(3);
        await Scene.SetPublishedAsync("assets", 3);

        Scene.Pass(days: 89);
        await Scene.RunAsync();
        (await Scene.NotificationsAsync()).ShouldBe([1L, 2L, 3L]);
        (await Scene.StartAsync(PrunedLog.Notifications)).ShouldBe(7);

        Scene.Pass(days: 1);
        await Scene.RunAsync();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rerouted_notification_is_retained_as_long_as_its_event(bool recorded)
    {
        await Scene.PostAsync(Disposition.Unrecognized);
        await Scene.RouteAsync(2);
        await Scene.SetPublishedAsync("assets", 2);
        Scene.Pass(days: 40);
        await Database.WriteAsync(
            async transaction =>
            {
                await NotificationLog.SetDispositionAsync(transaction, 1, Disposition.Rerouted, error: null);
                // An older version that runs at the same time records nothing.
                await (recorded ? NotificationLog.RecordReroutedAsync(transaction, 1, 3) : Task.CompletedTask);
            },
            CancellationToken.None
        );
        (await Scene.AppendEventAsync(notification: 1)).ShouldBe(3);
        await Scene.SetPublishedAsync("assets", 3);

        Scene.Pass(days: 13);
        await Scene.RunAsync();
        (await Scene.NotificationsAsync()).ShouldBe(
            recorded ? [1L] : [1L, 2L, 3L],
            "a recorded notification delays no other"
        );

        Scene.Pass(days: 1);
        await Scene.RunAsync();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();
        (await Test.ScalarAsync<long>("select count(*) from rerouted_notification")).ShouldBe(0);
    }

    [Fact]
    public async Task The_keys_of_removed_records_are_deleted_by_age()
    {
        await Test.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
            values ('location-1', 'user', 'gone', null, 1, 1, @now), ('location-1', 'user', 'there', '{}', 1, 1, @now)
            """,
            new { now = Scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );

        Scene.Pass(days: 89);
        await Scene.RunAsync();
        (await Test.ScalarAsync<long>("select count(*) from snapshot")).ShouldBe(2);

        Scene.Pass(days: 1);
        await Scene.RunAsync();
        (await Test.QueryAsync<string>("select \"key\" from snapshot")).ShouldBe(["there"]);
    }
}

public sealed class SqliteExpiredRowsTests : ExpiredRowsContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync(RetentionScene.Configure);
}

public sealed class SqlServerExpiredRowsTests : ExpiredRowsContract
{
    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(RetentionScene.Configure);
}
