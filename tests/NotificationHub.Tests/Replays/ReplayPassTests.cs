using NotificationHub.Replays;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Publishing;

namespace NotificationHub.Tests.Replays;

public sealed class ReplayPassTests
{
    [Fact]
    public async Task Events_are_addressed_to_the_subscription_and_marked_as_a_replay()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 4);
        var replay = await scene.StartAsync(input => input with { After = 2 });

        await scene.FinishAsync();

        scene.Bus.AcceptedIds.ShouldBe([$"1-3.{replay.Id}", $"1-4.{replay.Id}"]);
        var message = scene.Bus.Accepted[0];
        message.SessionId.ShouldBe("north");
        message.ApplicationProperties["audience"].ShouldBe("inventory");
        message.ApplicationProperties["replay"].ShouldBe(replay.Id);
        message.ApplicationProperties["requestedBy"].ShouldBe(TestActor.Operator.Name);
        message.Body.ToString().ShouldContain("\"id\":\"1-3\"");
        var done = await scene.GetAsync(replay);
        (done.State, done.Sent, done.Events, done.Position).ShouldBe((ReplayState.Completed, 2, 2, 4));
    }

    [Fact]
    public async Task Without_a_subscription_the_audience_is_all()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 1);
        await scene.StartAsync(input => input with { Subscription = null });

        await scene.FinishAsync();

        scene.Bus.Accepted.ShouldHaveSingleItem().ApplicationProperties["audience"].ShouldBe("all");
    }

    [Fact]
    public async Task The_rate_limits_the_events_per_second()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 25);
        await scene.StartAsync(input => input with { Rate = 10 });

        (await scene.PassAsync()).ShouldBe(TimeSpan.FromSeconds(1));
        await scene.PassAsync();
        scene.Bus.Accepted.Count.ShouldBe(10);
        scene.Clock.Advance(TimeSpan.FromSeconds(0.9));
        await scene.PassAsync();
        scene.Bus.Accepted.Count.ShouldBe(10);
        scene.Clock.Advance(TimeSpan.FromSeconds(0.1));
        await scene.PassAsync();
        scene.Bus.Accepted.Count.ShouldBe(20);
    }

    [Fact]
    public async Task A_crash_between_send_and_commit_repeats_one_batch_with_the_same_message_ids()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 30);
        var replay = await scene.StartAsync(input => input with { Rate = 10 });
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        var lost = false;
        scene.Bus.Respond = (_, _) =>
        {
            if (!lost)
            {
                lost = true;
                scene
                    .Live.Test.ExecuteAsync("update lease set fencing_token = fencing_token + 1 where name = 'replay'")
                    .GetAwaiter()
                    .GetResult();
            }
        };
        await Should.ThrowAsync<LeaseLostException>(scene.PassAsync);

        await scene.RestartAsync();
        await scene.FinishAsync();

        var repeated = scene.Bus.AcceptedIds.GroupBy(id => id).Where(ids => ids.Count() > 1).Select(ids => ids.Key);
        repeated.ShouldBe(Enumerable.Range(11, 10).Select(seq => $"1-{seq}.{replay.Id}"));
        scene.Bus.AcceptedIds.Distinct().ShouldBe(Enumerable.Range(1, 30).Select(seq => $"1-{seq}.{replay.Id}"));
        (await scene.GetAsync(replay)).Sent.ShouldBe(30);
    }

    [Fact]
    public async Task A_canceled_replay_sends_nothing_more_and_counts_the_batch_that_was_being_sent()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 30);
        var replay = await scene.StartAsync(input => input with { Rate = 10 });
        scene.Bus.Respond = (_, _) =>
            scene.Service.CancelAsync(replay.Id!, TestActor.Operator, CancellationToken.None).GetAwaiter().GetResult();
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromSeconds(1));

        await scene.PassAsync();

        scene.Bus.Accepted.Count.ShouldBe(10);
        var canceled = await scene.GetAsync(replay);
        (canceled.State, canceled.Sent, canceled.FinishedAt is null).ShouldBe((ReplayState.Canceled, 10, false));
        (
            await Should.ThrowAsync<ReplayException>(() =>
                scene.Service.CancelAsync(replay.Id!, TestActor.Operator, CancellationToken.None)
            )
        ).Code.ShouldBe(ReplayErrorCode.NotAllowed);
    }

    [Fact]
    public async Task A_replay_pauses_while_live_events_of_its_topic_are_delayed()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 2);
        var replay = await scene.StartAsync();
        await scene.Live.AppendAsync(1);
        scene.Clock.Advance(ReplayPass.MaxLiveDelay + TimeSpan.FromMilliseconds(1));

        await scene.PassAsync();
        scene.Bus.Accepted.ShouldBeEmpty();
        (await scene.GetAsync(replay)).Error.ShouldNotBeNull().ShouldContain("Live events");

        await scene.Live.PassAsync();
        await scene.FinishAsync();
        scene.Bus.AcceptedIds.ShouldBe(["1-3", $"1-1.{replay.Id}", $"1-2.{replay.Id}"]);
        (await scene.GetAsync(replay)).Error.ShouldBeNull();
    }

    [Fact]
    public async Task Replays_of_one_topic_run_one_after_the_other_and_topics_run_beside_each_other()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 20);
        await scene.PublishAsync(1, "user.changed");
        scene.Bus.Accepted.Clear();
        var first = await scene.StartAsync(input => input with { Rate = 10 });
        scene.Clock.Advance(TimeSpan.FromMilliseconds(1));
        var second = await scene.StartAsync(input => input with { Rate = 10 });
        var users = await scene.StartAsync(input => input with { Topic = "users" });

        await scene.PassAsync();
        (await scene.GetAsync(users)).Sent.ShouldBe(1);
        (await scene.GetAsync(second)).State.ShouldBe(ReplayState.Pending);
        await scene.FinishAsync();

        scene
            .Bus.Accepted.Where(message => message.Subject.Contains("asset"))
            .Select(message => message.ApplicationProperties["replay"])
            .ShouldBe([.. Enumerable.Repeat(first.Id, 20), .. Enumerable.Repeat(second.Id, 20)]);
    }

    [Fact]
    public async Task A_rejected_or_damaged_event_is_counted_and_skipped_without_a_dead_letter()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 6);
        await scene.Live.Test.ExecuteAsync("update event_log set data = x'7b' where seq = 5");
        using var meters = new MeterReadings(scene.Live.Meters);
        var replay = await scene.StartAsync();
        scene.Bus.Poison($"1-2.{replay.Id}", $"1-6.{replay.Id}");

        await scene.FinishAsync();

        scene.Bus.AcceptedIds.ShouldBe(new[] { 1, 3, 4 }.Select(seq => $"1-{seq}.{replay.Id}"));
        var done = await scene.GetAsync(replay);
        (done.State, done.Sent, done.Rejected).ShouldBe((ReplayState.Completed, 3, 3));
        (await scene.Live.ListDeadLettersAsync()).ShouldBeEmpty();
        meters.Sums("notificationhub.replay.rejected").ShouldBe([("assets", 3)]);
        meters.Sums("notificationhub.replay.sent").ShouldBe([("assets", 3)]);
    }

    [Fact]
    public async Task An_event_that_is_too_large_is_replayed_as_a_claim_check()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 0);
        await scene.PublishAsync(1, data: $"\"{new string('x', 300_000)}\"");
        scene.Bus.Accepted.Clear();
        await scene.StartAsync();

        await scene.FinishAsync();

        var message = scene.Bus.Accepted.ShouldHaveSingleItem();
        message.Body.ToString().ShouldContain("\"dataref\":");
        message.ApplicationProperties["audience"].ShouldBe("inventory");
    }

    [Fact]
    public async Task A_topic_that_accepts_nothing_is_tried_again_with_backoff()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 2);
        var replay = await scene.StartAsync();
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.PassAsync();
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.PassAsync();

        scene.Bus.Tried.Count(batch => batch[0].MessageId.EndsWith(replay.Id!, StringComparison.Ordinal)).ShouldBe(2);
        (await scene.GetAsync(replay)).Error.ShouldNotBeNull().ShouldContain("did not respond");
        scene.Bus.Respond = (_, _) => { };
        await scene.FinishAsync();
        (await scene.GetAsync(replay)).Sent.ShouldBe(2);
    }

    [Fact]
    public async Task A_replay_whose_next_events_were_deleted_fails_and_names_the_oldest_stored_seq()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 4);
        var replay = await scene.StartAsync();
        await scene.Live.Test.ExecuteAsync("delete from event_log where seq < 4");
        await scene.Live.Test.ExecuteAsync("update log_start set first_seq = 4 where log = 'event'");

        await scene.PassAsync();

        var failed = await scene.GetAsync(replay);
        failed.State.ShouldBe(ReplayState.Failed);
        failed.Error.ShouldNotBeNull().ShouldContain("start after 3");
        scene.Bus.Accepted.ShouldBeEmpty();
    }
}
