using NotificationHub.Feed;
using NotificationHub.Storage;
using NotificationHub.Tests.Publishing;

namespace NotificationHub.Tests.Feed;

public sealed class EventFeedTests : IAsyncLifetime
{
    /// <summary>How many timers a consumer has that waits: the poll's and the pace's.</summary>
    private const int Waiting = 2;

    private static readonly EventFilter Everything = new();
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private PublishingScene scene = null!;
    private EventFeed feed = null!;

    public async ValueTask InitializeAsync()
    {
        scene = await PublishingScene.OpenAsync();
        feed = new EventFeed(scene.Database, scene.Clock);
    }

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Waiting_ends_with_the_first_event()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(Waiting);
        waiting.IsCompleted.ShouldBeFalse();

        await scene.AppendAsync(1);
        scene.Clock.Advance(Pace);

        (await waiting).Entries.ShouldHaveSingleItem().Seq.ShouldBe(1);
    }

    [Fact]
    public async Task Waiting_goes_on_past_events_that_do_not_fit()
    {
        var waiting = WaitAsync(new EventFilter("users"), TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(Waiting);

        await scene.AppendAsync(1);
        await scene.AppendAsync(1, "user.changed");
        waiting.IsCompleted.ShouldBeFalse();
        scene.Clock.Advance(Pace);

        (await waiting).Entries.ShouldHaveSingleItem().Seq.ShouldBe(2);
    }

    [Fact]
    public async Task Looking_in_vain_tells_the_position_reached()
    {
        await scene.AppendAsync(3);

        var page = await WaitAsync(new EventFilter("users"), TimeSpan.Zero);

        (page.Entries.Count, page.Position).ShouldBe((0, 3));
    }

    [Fact]
    public async Task Waiting_ends_with_nothing_when_the_time_is_over()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(2));
        await scene.Clock.TimersPending(Waiting);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.Clock.TimersPending(Waiting);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));

        (await waiting).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_of_another_process_are_seen_by_polling()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(Waiting);
        await scene.Test.ExecuteAsync(
            "insert into event_log (topic, type, data, conflict, created_at) values ('hub', 'location.silent', x'7b7d', 0, 0)"
        );

        scene.Clock.Advance(TimeSpan.FromSeconds(1));

        (await waiting).Entries.ShouldHaveSingleItem().Type.ShouldBe("location.silent");
    }

    [Fact]
    public async Task Only_its_own_id_finds_an_event()
    {
        await scene.AppendAsync(2);

        (await feed.FindAsync("1-2", CancellationToken.None)).ShouldNotBeNull().Seq.ShouldBe(2);
        foreach (var id in (string[])["1-3", "2-2", "1-02", "01-2", "2", "-2", "1-", "1-2-2", "1-99999999999999999999"])
        {
            (await feed.FindAsync(id, CancellationToken.None)).ShouldBeNull();
        }
    }

    private Task<FeedPage> WaitAsync(EventFilter filter, TimeSpan wait) =>
        feed.ReadOrWaitAsync(after: 0, filter, limit: 10, wait, CancellationToken.None);
}
