using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

public sealed class PublishBackoffTests
{
    [Theory]
    [InlineData(-6)]
    [InlineData(6)]
    public void A_clock_that_is_set_changes_no_wait(int hours)
    {
        var clock = new ManualClock();
        var backoff = new PublishBackoff(clock, new Random(1));
        backoff.Start(TimeSpan.FromMinutes(1));

        clock.SetWall(TimeSpan.FromHours(hours));
        backoff.Left.ShouldBe(TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(1));

        backoff.Left.ShouldBe(TimeSpan.Zero);
    }
}
