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
    public async Task A_clock_that_was_behind_is_trusted_after_a_steady_day()
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
    public async Task Elapsed_time_counts_while_a_clock_jump_is_not_trusted()
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
    public async Task Rows_with_a_future_time_are_deleted_with_the_rows_after_them()
    {
        await Scene.RouteAsync(2);
        Scene.Clock.SetWall(TimeSpan.FromDays(3650));
        await Scene.RouteAsync(250);
        Scene.Clock.SetWall(-TimeSpan.FromDays(3650));
        await Scene.RouteAsync(2);
        await Scene.SetPublishedAsync("assets", 254);
        Scene.Pass(days: 13);
        await Scene.RunAsync();
        (await Scene.EventsAsync()).Count.ShouldBe(254, "no row is old enough");

        Scene.Pass(days: 18);
        await Scene.RunAsync();

        (await Scene.EventsAsync()).ShouldBeEmpty();
        (await Scene.NotificationsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_row_that_was_not_accepted_with_a_future_time_ages_from_its_detection()
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
