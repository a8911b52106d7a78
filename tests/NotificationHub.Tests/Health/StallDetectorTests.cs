using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Health;

public sealed class StallDetectorTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly ManualClock clock = new();
    private readonly LogLines log = new();
    private readonly StallDetector standstills;

    public StallDetectorTests() =>
        standstills = new StallDetector(
            Options.Create(new HealthOptions()),
            clock,
            new Logger<StallDetector>(new LoggerFactory([log]))
        );

    private DateTimeOffset Now => clock.GetUtcNow();

    [Fact]
    public void A_stage_stands_still_when_work_waits_and_its_cursor_has_not_moved()
    {
        var waiting = Reading() with { Behind = 3, MovedAt = Now - (9 * Minute), OldestAt = Now };

        Judge(waiting).ShouldBeNull();
        clock.Advance(5 * Minute - TimeSpan.FromSeconds(1));
        Judge(waiting).ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        Judge(waiting).ShouldBe(waiting.OldestAt);
    }

    [Fact]
    public void A_clock_that_is_set_back_hides_no_stalled_stage()
    {
        var waiting = Reading() with { Behind = 3, MovedAt = Now, OldestAt = Now };

        Judge(waiting).ShouldBeNull();
        clock.SetWall(-TimeSpan.FromHours(6));
        clock.Advance(5 * Minute - TimeSpan.FromSeconds(1));
        Judge(waiting).ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        Judge(waiting).ShouldBe(Now - (5 * Minute));
    }

    [Fact]
    public void A_stage_that_is_behind_but_moves_does_not()
    {
        var behind = Reading() with { Behind = 90_000, OldestAt = Now - (60 * Minute) };

        Judge(behind with { MovedAt = Now }).ShouldBeNull();
        clock.Advance(10 * Minute);
        Judge(behind with { MovedAt = Now - Minute }).ShouldBeNull();
        log.Text.ShouldBeEmpty();
    }

    [Fact]
    public void A_stage_for_which_nothing_waits_does_not()
    {
        var idle = Reading() with { MovedAt = Now - (60 * Minute) };

        Judge(idle).ShouldBeNull();
        clock.Advance(10 * Minute);
        Judge(idle).ShouldBeNull();
    }

    [Fact]
    public void Where_no_time_is_recorded_it_counts_since_when_nothing_else_was_seen()
    {
        var waiting = Reading() with { Behind = 1, Progress = "a", OldestAt = Now - (60 * Minute) };

        Judge(waiting).ShouldBeNull();
        clock.Advance(4 * Minute);
        Judge(waiting with { Progress = "b" }).ShouldBeNull();
        clock.Advance(4 * Minute);
        Judge(waiting with { Progress = "b" }).ShouldBeNull();
        clock.Advance(Minute);
        Judge(waiting with { Progress = "b" }).ShouldBe(Now - (5 * Minute));
    }

    [Fact]
    public void What_was_idle_has_not_stood_still()
    {
        var idle = Reading() with { Progress = "a" };

        Judge(idle).ShouldBeNull();
        clock.Advance(60 * Minute);
        Judge(idle with { Behind = 1, OldestAt = Now }).ShouldBeNull();
        clock.Advance(4 * Minute);
        Judge(idle with { Behind = 1, OldestAt = Now - (4 * Minute) }).ShouldBeNull();
    }

    [Fact]
    public void It_is_told_once_and_once_when_it_is_over_each_time()
    {
        for (var n = 0; n < 2; n++)
        {
            var stuck = Reading() with { Behind = 7, OldestAt = Now, Fault = "the network is down" };
            clock.Advance(6 * Minute);
            Judge(stuck).ShouldNotBeNull();
            clock.Advance(Minute);
            Judge(stuck).ShouldNotBeNull();
            Judge(Reading() with { MovedAt = Now }).ShouldBeNull();
            Judge(Reading() with { MovedAt = Now }).ShouldBeNull();
        }

        string[] lines = log.Text.Split('\n');
        lines.Length.ShouldBe(4, log.Text);
        lines[0].ShouldContain("The stage routing stands still since 2026-08-01 12:00:00Z: 7 wait");
        lines[0].ShouldContain("the network is down");
        lines[1].ShouldContain("stands still no more");
        lines[2].ShouldContain("stands still since");
        lines[3].ShouldContain("stands still no more");
    }

    private static StageReading Reading() => new(StageNames.Routing);

    private DateTimeOffset? Judge(StageReading reading) => standstills.Judge([reading]).Single().Since;
}
