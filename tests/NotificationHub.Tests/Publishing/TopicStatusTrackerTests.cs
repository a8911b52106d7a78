using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Publishing;

namespace NotificationHub.Tests.Publishing;

public sealed class TopicStatusTrackerTests
{
    [Theory]
    [InlineData(-6)]
    [InlineData(6)]
    public void A_change_of_the_system_clock_changes_no_wait(int hours)
    {
        using var meters = new TestMeters();
        var clock = new ManualClock();
        var status = new TopicStatusTracker(
            "assets",
            new TopicStatuses(),
            new PublishingMetrics(meters),
            new Random(1),
            clock,
            NullLogger<TopicPublisher>.Instance
        );
        status.Stopped("busy", TimeSpan.FromMinutes(1));

        clock.SetWall(TimeSpan.FromHours(hours));
        status.WaitLeft.ShouldBe(TimeSpan.FromMinutes(1));
        clock.Advance(TimeSpan.FromMinutes(1));

        status.WaitLeft.ShouldBe(TimeSpan.Zero);
    }
}
