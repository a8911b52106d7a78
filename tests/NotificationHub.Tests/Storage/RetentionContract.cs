using NotificationHub.Retention;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

public abstract class RetentionContract : RetentionSceneContract
{
    [Fact]
    public async Task Events_are_deleted_before_their_notifications()
    {
        await Scene.RouteAsync(300);
        Scene.Pass(days: 10);
        await Scene.RouteAsync(2);
        await Scene.SetPublishedAsync("assets", 302);

        Scene.Pass(days: 5);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBe([301L, 302L]);
        (await Scene.StartAsync(PrunedLog.Events)).ShouldBe(301);
        (await Scene.NotificationsAsync()).Count.ShouldBe(302);

        Scene.Pass(days: 16);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBe([301L, 302L]);
        (await Scene.StartAsync(PrunedLog.Notifications)).ShouldBe(301);
    }

    [Fact]
    public async Task Each_batch_of_deletions_updates_the_start_of_the_log()
    {
        await Scene.RouteAsync(250);
        await Scene.SetPublishedAsync("assets", 250);
        Scene.Pass(days: 31);

        (await Scene.RunOnceAsync()).ShouldBeGreaterThan(0);
        var left = await Scene.EventsAsync();
        // On SQL Server, a pass deletes batches for a second, and may delete all rows.
        left.Count.ShouldBeInRange(Database.Engine == StorageOptions.SqlServer ? 0 : 50, 249);
        var first = left.Count == 0 ? 251 : left[0];
        (await Scene.StartAsync(PrunedLog.Events)).ShouldBe(first);
        left.ShouldBe(Enumerable.Range((int)first, left.Count).Select(seq => (long)seq));

        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();
        (await Scene.StartAsync(PrunedLog.Events)).ShouldBe(251);
        (await Scene.StartAsync(PrunedLog.Notifications)).ShouldBe(251);
    }

    [Fact]
    public async Task Deletion_continues_across_the_gap_after_a_restore()
    {
        await Scene.RouteAsync(3);
        await new RestoreRecovery(Database).RunAsync(TestActor.Operator, CancellationToken.None);
        await Scene.RouteAsync(2);
        var last = (await Scene.EventsAsync())[^1];
        await Scene.SetPublishedAsync("assets", last - 1);
        await Scene.SetPublishedAsync("hub", last - 1);

        Scene.Pass(days: 31);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([last]);
        (await Scene.NotificationsAsync()).ShouldHaveSingleItem();
        (await Scene.StartAsync(PrunedLog.Events)).ShouldBe(last);
    }

    [Fact]
    public async Task A_seq_is_not_reused_after_all_rows_were_deleted()
    {
        await Scene.RouteAsync(3);
        await Scene.SetPublishedAsync("assets", 3);
        Scene.Pass(days: 31);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();

        (await Scene.PostAsync()).ShouldBe(4);
        (await Scene.AppendEventAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task Unsent_events_of_a_topic_are_retained_regardless_of_age()
    {
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 3);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([4L, 5L]);
        (await Scene.NotificationsAsync()).ShouldBe([4L, 5L]);
    }

    [Fact]
    public async Task Events_of_a_topic_that_has_never_sent_are_retained()
    {
        await Scene.AppendEventAsync();
        await Scene.AppendEventAsync(type: "user.changed");
        await Scene.SetPublishedAsync("assets", 1);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([2L]);
    }

    [Fact]
    public async Task A_quiet_topic_does_not_delay_deletion()
    {
        await Scene.AppendEventAsync(type: "user.changed");
        await Scene.SetPublishedAsync("users", 1);
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 6);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_after_any_other_cursor_are_retained()
    {
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 5);
        await Scene.SetCursorAsync("replay:7", 2);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([3L, 4L, 5L]);
        (await Scene.NotificationsAsync()).ShouldBe([3L, 4L, 5L]);
    }

    [Fact]
    public async Task Unrouted_notifications_are_retained()
    {
        await Scene.PostAsync();
        await Scene.PostAsync(Disposition.Quarantined);
        await Scene.PostAsync(Disposition.AfterRemoval);
        await Scene.SetCursorAsync("routing", 1);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.NotificationsAsync()).ShouldBe([2L, 3L]);
    }

    [Fact]
    public async Task A_recent_row_retains_the_rows_after_it()
    {
        await Scene.AppendEventAsync();
        Scene.Pass(days: 50);
        await Scene.AppendEventAsync();
        await Scene.AppendEventAsync();
        await Test.ExecuteAsync("update event_log set created_at = 0 where seq = 3");
        await Scene.SetPublishedAsync("assets", 3);

        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([2L, 3L]);
    }

    [Fact]
    public async Task A_repetition_is_a_duplicate_until_its_notification_is_deleted()
    {
        await Scene.PostAsync();
        await Scene.SetCursorAsync("routing", 1);
        Scene.Pass(days: 29);
        await Scene.RunAsync();
        (await RepeatAsync()).Result.ShouldBe(AppendResult.Duplicate);

        Scene.Pass(days: 1);
        await Scene.RunAsync();
        var (result, seq) = await RepeatAsync();
        result.ShouldBe(AppendResult.Stored);
        seq.ShouldBeGreaterThan(1);
    }

    private Task<AppendOutcome> RepeatAsync()
    {
        byte[] body = [.. """{"notificationId":"n-1"}"""u8];
        return Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = "location-1"u8.ToArray(),
                DedupHash = 1,
                NotificationId = "n-1"u8.ToArray(),
                Body = body,
                BodySha256 = System.Security.Cryptography.SHA256.HashData(body),
                ReceivedAt = At(0),
            }
        );
    }
}

public sealed class SqliteRetentionTests : RetentionContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync(RetentionScene.Configure);
}

public sealed class SqlServerRetentionTests : RetentionContract
{
    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(RetentionScene.Configure);
}
