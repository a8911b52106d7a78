using NotificationHub.Hosting.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Hosting.Retention;

public sealed class RetentionPassTests : IAsyncLifetime
{
    private RetentionScene scene = null!;

    public async Task InitializeAsync() => scene = await RetentionScene.StartAsync(RetentionScene.Bus);

    public async Task DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Events_go_first_and_their_notifications_later()
    {
        await scene.RouteAsync(300);
        scene.Pass(days: 10);
        await scene.RouteAsync(2);
        await scene.SetPublishedAsync("assets", 302);

        scene.Pass(days: 5);
        await scene.RunAsync();
        (await scene.EventsAsync()).ShouldBe([301L, 302L]);
        (await scene.StartAsync(PrunedLog.Events)).ShouldBe(301);
        (await scene.NotificationsAsync()).Count.ShouldBe(302);

        scene.Pass(days: 16);
        await scene.RunAsync();
        (await scene.EventsAsync()).ShouldBeEmpty();
        (await scene.NotificationsAsync()).ShouldBe([301L, 302L]);
        (await scene.StartAsync(PrunedLog.Notifications)).ShouldBe(301);
    }

    [Fact]
    public async Task A_seq_never_comes_back_when_everything_was_removed()
    {
        await scene.RouteAsync(3);
        await scene.SetPublishedAsync("assets", 3);
        scene.Pass(days: 31);
        await scene.RunAsync();
        (await scene.EventsAsync()).ShouldBeEmpty();
        (await scene.NotificationsAsync()).ShouldBeEmpty();

        (await scene.PostAsync()).ShouldBe(4);
        (await scene.TellAsync()).ShouldBe(4);
    }

    [Fact]
    public async Task What_a_topic_has_not_sent_stays_however_old_it_is()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 3);

        scene.Pass(days: 100);
        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBe([4L, 5L]);
        (await scene.NotificationsAsync()).ShouldBe([4L, 5L]);
    }

    [Fact]
    public async Task What_a_topic_that_never_sent_anything_would_send_stays()
    {
        await scene.TellAsync();
        await scene.TellAsync(type: "user.changed");
        await scene.SetPublishedAsync("assets", 1);

        scene.Pass(days: 100);
        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBe([2L]);
    }

    [Fact]
    public async Task A_quiet_topic_holds_up_nothing()
    {
        await scene.TellAsync(type: "user.changed");
        await scene.SetPublishedAsync("users", 1);
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 6);

        scene.Pass(days: 100);
        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_any_other_cursor_has_not_come_to_stays()
    {
        await scene.RouteAsync(5);
        await scene.SetPublishedAsync("assets", 5);
        await scene.SetCursorAsync("replay:7", 2);

        scene.Pass(days: 100);
        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBe([3L, 4L, 5L]);
        (await scene.NotificationsAsync()).ShouldBe([3L, 4L, 5L]);
    }

    [Fact]
    public async Task What_is_not_routed_stays()
    {
        await scene.PostAsync();
        await scene.PostAsync(Disposition.Quarantined);
        await scene.PostAsync(Disposition.Late);
        await scene.SetCursorAsync("routing", 1);

        scene.Pass(days: 100);
        await scene.RunAsync();

        (await scene.NotificationsAsync()).ShouldBe([2L, 3L]);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("resend")]
    public async Task A_dead_letter_stays_with_its_event_until_it_is_settled_and_for_a_time(string state)
    {
        await scene.RouteAsync(4);
        await scene.SetPublishedAsync("assets", 4);
        await scene.Store.ExecuteAsync(
            "insert into dead_letter (event_seq, topic, state, reason, refused_at) values (2, 'assets', @state, 'odd', 0)",
            new { state }
        );

        scene.Pass(days: 100);
        await scene.RunAsync();
        (await scene.EventsAsync()).ShouldBe([2L, 3L, 4L]);
        (await scene.NotificationsAsync()).ShouldBe([2L, 3L, 4L]);

        await scene.Store.ExecuteAsync(
            "update dead_letter set state = 'discarded', settled_at = @now",
            new { now = scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );
        scene.Pass(days: 29);
        await scene.RunAsync();
        (await scene.EventsAsync()).ShouldBeEmpty();
        (await scene.Store.ScalarAsync<long>("select count(*) from dead_letter")).ShouldBe(1);

        scene.Pass(days: 1);
        await scene.RunAsync();
        (await scene.Store.ScalarAsync<long>("select count(*) from dead_letter")).ShouldBe(0);
    }

    [Fact]
    public async Task What_is_young_keeps_what_lies_behind_it()
    {
        await scene.TellAsync();
        scene.Pass(days: 50);
        await scene.TellAsync();
        await scene.TellAsync();
        await scene.Store.ExecuteAsync("update event_log set created_at = 0 where seq = 3");
        await scene.SetPublishedAsync("assets", 3);

        await scene.RunAsync();

        (await scene.EventsAsync()).ShouldBe([2L, 3L]);
    }

    [Fact]
    public async Task What_awaits_a_person_is_kept_for_longer_and_holds_up_nothing()
    {
        await scene.PostAsync(Disposition.Rejected);
        await scene.PostAsync(Disposition.Quarantined);
        await scene.PostAsync(Disposition.Unrecognized);
        await scene.RouteAsync(3);
        await scene.SetPublishedAsync("assets", 3);

        scene.Pass(days: 89);
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBe([1L, 2L, 3L]);
        (await scene.StartAsync(PrunedLog.Notifications)).ShouldBe(7);

        scene.Pass(days: 1);
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rerouted_notification_stays_for_as_long_as_its_event(bool noted)
    {
        await scene.PostAsync(Disposition.Unrecognized);
        await scene.RouteAsync(2);
        await scene.SetPublishedAsync("assets", 2);
        scene.Pass(days: 40);
        await scene.Store.Database.WriteAsync(
            async transaction =>
            {
                await NotificationLog.SetDispositionAsync(transaction, 1, Disposition.Rerouted, fault: null);
                // An older version that runs beside this one notes nothing.
                await (noted ? NotificationLog.NoteReroutedAsync(transaction, 1, 3) : Task.CompletedTask);
            },
            CancellationToken.None
        );
        (await scene.TellAsync(notification: 1)).ShouldBe(3);
        await scene.SetPublishedAsync("assets", 3);

        scene.Pass(days: 13);
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBe(noted ? [1L] : [1L, 2L, 3L], "what is noted holds up nothing");

        scene.Pass(days: 1);
        await scene.RunAsync();
        (await scene.NotificationsAsync()).ShouldBeEmpty();
        (await scene.Store.ScalarAsync<long>("select count(*) from rerouted_notification")).ShouldBe(0);
    }

    [Fact]
    public async Task A_repeat_is_recognised_while_its_notification_is_kept_and_new_when_it_is_gone()
    {
        await scene.PostAsync();
        await scene.SetCursorAsync("routing", 1);
        scene.Pass(days: 29);
        await scene.RunAsync();
        (await RepeatAsync()).Result.ShouldBe(AppendResult.Duplicate);

        scene.Pass(days: 1);
        await scene.RunAsync();
        (await RepeatAsync()).ShouldBe(new AppendOutcome(AppendResult.Stored, 2));
    }

    [Fact]
    public async Task The_keys_of_records_that_are_gone_are_forgotten_in_time()
    {
        await scene.Store.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, key, data, read_number, revision, changed_at)
            values ('location-1', 'user', 'gone', null, 1, 1, @now), ('location-1', 'user', 'there', '{}', 1, 1, @now)
            """,
            new { now = scene.Clock.GetUtcNow().ToUnixTimeMilliseconds() }
        );

        scene.Pass(days: 89);
        await scene.RunAsync();
        (await scene.Store.ScalarAsync<long>("select count(*) from snapshot")).ShouldBe(2);

        scene.Pass(days: 1);
        await scene.RunAsync();
        (await scene.Store.QueryAsync<string>("select key from snapshot")).ShouldBe(["there"]);
    }

    private Task<AppendOutcome> RepeatAsync()
    {
        byte[] body = [.. """{"notificationId":"n-1"}"""u8];
        return scene.Store.Database.AppendAsync(
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
