using NotificationHub.Replays;

namespace NotificationHub.Tests.Replays;

public sealed class ReplayServiceTests
{
    private static readonly ReplayInput Valid = new() { Topic = "assets", After = 0 };

    [Fact]
    public async Task A_dry_run_counts_what_the_replay_sends()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 3);
        await scene.PublishAsync(2, "asset.count.notified");
        await scene.PublishAsync(2, "user.changed");
        await scene.PublishAsync(4);
        await scene.Live.Test.ExecuteAsync("update event_log set location_id = 'south' where seq > 9");
        // A gap as the deletion of a location's data leaves it.
        await scene.Live.Test.ExecuteAsync("update event_log set seq = seq + 50000 where seq > 9");
        await scene.Live.Test.ExecuteAsync("update log_cursor set position = 50011 where name = 'publishing:assets'");
        scene.Bus.Accepted.Clear();

        foreach (
            var (type, location, count) in new (string?, string?, int)[]
            {
                (null, null, 9),
                ("notificationhub.asset.changed.v1", null, 7),
                ("asset.changed", "south", 2),
                (null, "east", 0),
            }
        )
        {
            var counted = await scene.StartAsync(input =>
                input with
                {
                    Type = type,
                    Location = location,
                    DryRun = true,
                }
            );
            (counted.Id, counted.Events).ShouldBe((null, count));
            (await scene.Service.ListAsync(null, null, 10, CancellationToken.None)).ShouldBeEmpty();
            var replay = await scene.StartAsync(input => input with { Type = type, Location = location });
            await scene.FinishAsync();

            scene.Bus.Accepted.Count.ShouldBe(count);
            (await scene.GetAsync(replay)).Sent.ShouldBe(count);
            scene.Bus.Accepted.Clear();
            await scene.Live.Test.ExecuteAsync("delete from replay");
        }
    }

    [Fact]
    public async Task Times_select_the_events_between_them()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 3);
        scene.Clock.Advance(TimeSpan.FromHours(1));
        var since = scene.Clock.GetUtcNow();
        await scene.PublishAsync(4);
        scene.Clock.Advance(TimeSpan.FromHours(1));
        var until = scene.Clock.GetUtcNow();
        await scene.PublishAsync(2);
        scene.Clock.Advance(TimeSpan.FromHours(1));
        await scene.PublishAsync(1);

        (await RangeAsync(since, until)).ShouldBe((3, 9, 6));
        (await RangeAsync(since.AddMilliseconds(1), until.AddMilliseconds(-1))).ShouldBe((7, 7, 0));
        (await RangeAsync(since.AddDays(-30), null)).ShouldBe((0, 10, 10));
        (await RangeAsync(scene.Clock.GetUtcNow().AddDays(1), null)).ShouldBe((10, 10, 0));

        async Task<(long, long, long)> RangeAsync(DateTimeOffset from, DateTimeOffset? to)
        {
            var range = await scene.StartAsync(input =>
                input with
                {
                    After = null,
                    Since = from,
                    Until = to,
                    DryRun = true,
                }
            );
            return (range.After, range.UpTo, range.Events);
        }
    }

    [Fact]
    public async Task Events_that_are_not_published_yet_or_come_later_are_not_replayed()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 2);
        await scene.Live.AppendAsync(1);
        var replay = await scene.StartAsync();
        await scene.PublishAsync(1);
        scene.Bus.Accepted.Clear();

        await scene.FinishAsync();

        (replay.UpTo, replay.Events).ShouldBe((2, 2));
        scene.Bus.Accepted.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_start_before_the_log_names_the_oldest_seq()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 5);
        await scene.Live.Test.ExecuteAsync("delete from event_log where seq < 4");
        await scene.Live.Test.ExecuteAsync("update log_start set first_seq = 4 where log = 'event'");

        var error = await Should.ThrowAsync<ReplayException>(() => scene.StartAsync(input => input with { After = 2 }));

        (error.Code, error.Oldest).ShouldBe((ReplayErrorCode.Gone, 4));
        (await scene.StartAsync(input => input with { After = 3 })).Events.ShouldBe(2);
    }

    [Fact]
    public async Task A_start_after_the_end_of_the_log_is_refused()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 5);

        var error = await Should.ThrowAsync<ReplayException>(() => scene.StartAsync(input => input with { After = 6 }));

        error.Message.ShouldStartWith("The log ends at 5");
        (await scene.StartAsync(input => input with { After = 5, DryRun = true })).Events.ShouldBe(0);
    }

    [Fact]
    public async Task The_number_of_unfinished_replays_is_limited_and_each_request_is_audited()
    {
        await using var scene = await ReplayScene.OpenAsync(published: 1);
        for (var i = 0; i < ReplayStore.MaxUnfinished; i++)
        {
            await scene.StartAsync();
        }

        (await Should.ThrowAsync<ReplayException>(() => scene.StartAsync())).Code.ShouldBe(ReplayErrorCode.NotAllowed);

        (await scene.Live.Test.QueryAsync<string>("select outcome from audit_entry where action = 'replay start'"))
            .Count(outcome => outcome == "succeeded")
            .ShouldBe(ReplayStore.MaxUnfinished);
        (await scene.Live.Test.ScalarAsync<string>("select outcome from audit_entry order by seq desc")).ShouldBe(
            "refused"
        );
    }

    [Fact]
    public void A_subscription_that_is_not_declared_is_rejected_with_the_declared_ones() =>
        ErrorsOf(Valid with { Subscription = "all" })
            .ShouldHaveSingleItem()
            .ShouldEndWith("it declares inventory, deployment");

    [Fact]
    public void An_invalid_input_is_rejected()
    {
        ReplayInput[] invalid =
        [
            Valid with
            {
                Topic = null,
            },
            Valid with
            {
                Topic = "weather",
            },
            Valid with
            {
                After = null,
            },
            Valid with
            {
                After = -1,
            },
            Valid with
            {
                Since = At(0),
            },
            Valid with
            {
                After = null,
                Since = At(2),
                Until = At(1),
            },
            Valid with
            {
                Type = "user.changed",
            },
            Valid with
            {
                Type = "weather.changed",
            },
            Valid with
            {
                Location = "",
            },
            Valid with
            {
                Rate = 0,
            },
            Valid with
            {
                Rate = 1001,
            },
        ];

        ErrorsOf(Valid).ShouldBeEmpty();
        foreach (var input in invalid)
        {
            ErrorsOf(input).ShouldHaveSingleItem(input.ToString());
        }
    }

    private static IEnumerable<string> ErrorsOf(ReplayInput input) =>
        new ReplayInputValidator().Validate(input).Errors.Select(error => error.ErrorMessage);
}
