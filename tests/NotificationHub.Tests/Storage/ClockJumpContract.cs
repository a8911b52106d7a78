using NotificationHub.Storage;
using NotificationHub.Tests.Retention;

namespace NotificationHub.Tests.Storage;

/// <summary>A clock jump must not empty the logs, and times written during it must not prevent pruning.</summary>
public abstract class ClockJumpContract : RetentionSceneContract
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_clock_that_is_ahead_for_one_pass_deletes_nothing(bool afterRestart)
    {
        await Scene.RouteAsync(5);
        await Scene.PostAsync(Disposition.Rejected);
        await Scene.SetPublishedAsync("assets", 5);
        await Scene.RunAsync();

        Scene.Clock.SetWall(TimeSpan.FromDays(100));
        if (afterRestart)
        {
            Scene.Restart();
        }

        await Scene.RunAsync();
        Scene.Clock.SetWall(-TimeSpan.FromDays(100));
        await Scene.RunAsync();

        (await Scene.EventsAsync()).Count.ShouldBe(5);
        (await Scene.NotificationsAsync()).Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_clock_that_was_behind_is_believed_once_it_has_been_steady_for_a_day()
    {
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 5);
        await Scene.RunAsync();
        Scene.Clock.SetWall(TimeSpan.FromDays(100));
        await Scene.RunAsync();

        Scene.Clock.Advance(TrustedClock.Doubt - TimeSpan.FromMinutes(1));
        await Scene.RunAsync();
        (await Scene.EventsAsync()).Count.ShouldBe(5);
        Scene.Clock.Advance(TimeSpan.FromMinutes(1));
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task While_a_jump_is_doubted_the_time_that_passes_counts()
    {
        await Scene.RouteAsync(5);
        await Scene.SetPublishedAsync("assets", 5);
        Scene.Pass(days: 13);
        Scene.Clock.Advance(TimeSpan.FromHours(23));
        await Scene.RunAsync();
        Scene.Clock.SetWall(TimeSpan.FromMinutes(30));
        await Scene.RunAsync();
        (await Scene.EventsAsync()).Count.ShouldBe(5);

        Scene.Clock.Advance(TimeSpan.FromHours(1));
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Rows_that_were_written_while_the_clock_was_ahead_go_with_those_behind_them()
    {
        await Scene.RouteAsync(2);
        Scene.Clock.SetWall(TimeSpan.FromDays(3650));
        await Scene.RouteAsync(250);
        Scene.Clock.SetWall(-TimeSpan.FromDays(3650));
        await Scene.RouteAsync(2);
        await Scene.SetPublishedAsync("assets", 254);
        Scene.Pass(days: 13);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).Count.ShouldBe(254, "none of them is old");

        Scene.Pass(days: 18);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_row_that_was_set_aside_while_the_clock_was_ahead_ages_from_when_that_is_found()
    {
        Scene.Clock.SetWall(TimeSpan.FromDays(3650));
        await Scene.PostAsync(Disposition.Rejected);
        Scene.Clock.SetWall(-TimeSpan.FromDays(3650));
        await Scene.SetCursorAsync("routing", 1);
        await Scene.RunAsync();

        Scene.Pass(days: 89);
        await Scene.RunAsync();
        (await Scene.NotificationsAsync()).Count.ShouldBe(1);
        Scene.Pass(days: 2);
        await Scene.RunAsync();

        (await Scene.NotificationsAsync()).ShouldBeEmpty();
    }
}

public sealed class SqliteClockJumpTests : ClockJumpContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync(RetentionScene.Configure);
}

public sealed class SqlServerClockJumpTests : ClockJumpContract
{
    private protected override Task<TestDatabase> OpenAsync() =>
        TestDatabase.OpenOnSqlServerAsync(RetentionScene.Configure);
}
