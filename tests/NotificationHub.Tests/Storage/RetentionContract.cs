using NotificationHub.Retention;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

public abstract class RetentionContract : RetentionSceneContract
{
    [Fact]
    public async Task Events_go_first_and_their_notifications_later()
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
    public async Task It_takes_a_batch_at_a_time_and_says_with_each_where_the_log_begins()
    {
        await Scene.RouteAsync(250);
        await Scene.SetPublishedAsync("assets", 250);
        Scene.Pass(days: 31);

        (await Scene.RunOnceAsync()).ShouldBeGreaterThan(0);
        var left = await Scene.EventsAsync();
        // On SQL Server a pass takes batch after batch for a second, and may remove all of them.
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
    public async Task It_gets_across_the_gap_that_a_restore_leaves()
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
    public async Task A_seq_never_comes_back_when_everything_was_removed()
    {
        await Scene.RouteAsync(3);
        await Scene.SetPublishedAsync("assets", 3);
        Scene.Pass(days: 31);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();

        (await Scene.PostAsync()).ShouldBe(4);
        (await Scene.TellAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task What_a_topic_has_not_sent_stays_however_old_it_is()
    {
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 3);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([4L, 5L]);
        (await Scene.NotificationsAsync()).ShouldBe([4L, 5L]);
    }

    [Fact]
    public async Task What_a_topic_that_never_sent_anything_would_send_stays()
    {
        await Scene.TellAsync();
        await Scene.TellAsync(type: "user.changed");
        await Scene.SetPublishedAsync("assets", 1);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([2L]);
    }

    [Fact]
    public async Task A_quiet_topic_holds_up_nothing()
    {
        await Scene.TellAsync(type: "user.changed");
        await Scene.SetPublishedAsync("users", 1);
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 6);

        Scene.Pass(days: 100);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_any_other_cursor_has_not_come_to_stays()
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
    public async Task What_is_not_routed_stays()
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
    public async Task What_is_young_keeps_what_lies_behind_it()
    {
        await Scene.TellAsync();
        Scene.Pass(days: 50);
        await Scene.TellAsync();
        await Scene.TellAsync();
        await Test.ExecuteAsync("update event_log set created_at = 0 where seq = 3");
        await Scene.SetPublishedAsync("assets", 3);

        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBe([2L, 3L]);
    }

    [Fact]
    public async Task A_repeat_is_recognised_while_its_notification_is_kept_and_new_when_it_is_gone()
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
                ReceivedAt = 0,
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
