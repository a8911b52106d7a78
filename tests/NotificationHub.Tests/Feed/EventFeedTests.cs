using NotificationHub.Feed;
using NotificationHub.Storage;
using NotificationHub.Tests.Publishing;

namespace NotificationHub.Tests.Feed;

public sealed class EventFeedTests : IAsyncLifetime
{
    // A waiting consumer has one timer for the poll interval and one for the minimum interval.
    private const int TimersPerWait = 2;

    private static readonly EventFilter Everything = new();
    private static readonly TimeSpan MinPollInterval = TimeSpan.FromMilliseconds(100);

    private PublishingScene scene = null!;
    private EventFeed feed = null!;

    public async ValueTask InitializeAsync()
    {
        scene = await PublishingScene.OpenAsync();
        feed = new EventFeed(scene.Database, scene.Clock);
    }

    public async ValueTask DisposeAsync() => await scene.DisposeAsync();

    [Fact]
    public async Task Waiting_ends_when_the_first_event_is_appended()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(TimersPerWait);
        waiting.IsCompleted.ShouldBeFalse();

        await scene.AppendAsync(1);
        scene.Clock.Advance(MinPollInterval);

        (await waiting).Entries.ShouldHaveSingleItem().Seq.ShouldBe(1);
    }

    [Fact]
    public async Task Waiting_continues_past_events_that_do_not_match()
    {
        var waiting = WaitAsync(new EventFilter("users"), TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(TimersPerWait);

        await scene.AppendAsync(1);
        await scene.AppendAsync(1, "user.changed");
        waiting.IsCompleted.ShouldBeFalse();
        scene.Clock.Advance(MinPollInterval);

        (await waiting).Entries.ShouldHaveSingleItem().Seq.ShouldBe(2);
    }

    [Fact]
    public async Task An_empty_page_has_the_position_up_to_which_the_log_was_scanned()
    {
        await scene.AppendAsync(3);

        var page = await WaitAsync(new EventFilter("users"), TimeSpan.Zero);

        (page.Entries.Count, page.Position).ShouldBe((0, 3));
    }

    [Fact]
    public async Task Waiting_returns_an_empty_page_after_the_timeout()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(2));
        await scene.Clock.TimersPending(TimersPerWait);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));
        await scene.Clock.TimersPending(TimersPerWait);
        scene.Clock.Advance(TimeSpan.FromSeconds(1));

        (await waiting).Entries.ShouldBeEmpty();
    }

    [Fact]
    public async Task Polling_finds_events_appended_by_another_process()
    {
        var waiting = WaitAsync(Everything, TimeSpan.FromSeconds(60));
        await scene.Clock.TimersPending(TimersPerWait);
        await scene.Test.ExecuteAsync(
            "insert into event_log (topic, type, data, conflict, created_at) values ('hub', 'location.silent', x'7b7d', 0, 0)"
        );

        scene.Clock.Advance(TimeSpan.FromSeconds(1));

        (await waiting).Entries.ShouldHaveSingleItem().Type.ShouldBe("location.silent");
    }

    [Fact]
    public async Task Only_the_exact_id_finds_an_event()
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
