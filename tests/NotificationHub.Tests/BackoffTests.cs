using NotificationHub.Hosting;

namespace NotificationHub.Tests;

public sealed class BackoffTests
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(6, 64)]
    [InlineData(7, 120)]
    [InlineData(long.MaxValue, 120)]
    public void Each_delay_doubles_up_to_the_maximum(long failures, int seconds) =>
        Backoff.PauseAfter(failures).ShouldBe(TimeSpan.FromSeconds(seconds));

    [Fact]
    public void Jitter_stays_within_its_bounds()
    {
        var random = new Random(1);
        var pauses = Enumerable
            .Range(0, 1_000)
            .Select(_ => Backoff.PauseAfter(3, least: 0.5, most: 1.5, random).TotalSeconds)
            .ToList();

        pauses.ShouldAllBe(pause => pause >= 4 && pause <= 12);
        pauses.Min().ShouldBeLessThan(4.5);
        pauses.Max().ShouldBeGreaterThan(11.5);
    }
}
