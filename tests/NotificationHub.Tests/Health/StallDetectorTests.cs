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
    private readonly StallDetector stalls;

    public StallDetectorTests() =>
        stalls = new StallDetector(
            Options.Create(new HealthOptions()),
            clock,
            new Logger<StallDetector>(new LoggerFactory([log]))
        );

    private DateTimeOffset Now => clock.GetUtcNow();

    [Fact]
    public void A_stage_with_pending_work_whose_cursor_does_not_move_is_stalled()
    {
        var waiting = Status() with { Backlog = 3, LastProgressAt = Now - (9 * Minute), OldestPendingAt = Now };

        Evaluate(waiting).ShouldBeNull();
        clock.Advance(5 * Minute - TimeSpan.FromSeconds(1));
        Evaluate(waiting).ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        Evaluate(waiting).ShouldBe(waiting.OldestPendingAt);
    }

    [Fact]
    public void A_clock_that_is_set_back_hides_no_stalled_stage()
    {
        var waiting = Status() with { Backlog = 3, LastProgressAt = Now, OldestPendingAt = Now };

        Evaluate(waiting).ShouldBeNull();
        clock.SetWall(-TimeSpan.FromHours(6));
        clock.Advance(5 * Minute - TimeSpan.FromSeconds(1));
        Evaluate(waiting).ShouldBeNull();
        clock.Advance(TimeSpan.FromSeconds(1));
        Evaluate(waiting).ShouldBe(Now - (5 * Minute));
    }

    [Fact]
    public void A_stage_with_a_backlog_that_makes_progress_is_not_stalled()
    {
        var behind = Status() with { Backlog = 90_000, OldestPendingAt = Now - (60 * Minute) };

        Evaluate(behind with { LastProgressAt = Now }).ShouldBeNull();
        clock.Advance(10 * Minute);
        Evaluate(behind with { LastProgressAt = Now - Minute }).ShouldBeNull();
        log.Text.ShouldBeEmpty();
    }

    [Fact]
    public void A_stage_without_a_backlog_is_not_stalled()
    {
        var idle = Status() with { LastProgressAt = Now - (60 * Minute) };

        Evaluate(idle).ShouldBeNull();
        clock.Advance(10 * Minute);
        Evaluate(idle).ShouldBeNull();
    }

    [Fact]
    public void Without_a_recorded_time_the_age_of_the_progress_marker_counts()
    {
        var waiting = Status() with { Backlog = 1, ProgressMarker = "a", OldestPendingAt = Now - (60 * Minute) };

        Evaluate(waiting).ShouldBeNull();
        clock.Advance(4 * Minute);
        Evaluate(waiting with { ProgressMarker = "b" }).ShouldBeNull();
        clock.Advance(4 * Minute);
        Evaluate(waiting with { ProgressMarker = "b" }).ShouldBeNull();
        clock.Advance(Minute);
        Evaluate(waiting with { ProgressMarker = "b" }).ShouldBe(Now - (5 * Minute));
    }

    [Fact]
    public void A_stage_that_was_idle_is_not_stalled()
    {
        var idle = Status() with { ProgressMarker = "a" };

        Evaluate(idle).ShouldBeNull();
        clock.Advance(60 * Minute);
        Evaluate(idle with { Backlog = 1, OldestPendingAt = Now }).ShouldBeNull();
        clock.Advance(4 * Minute);
        Evaluate(idle with { Backlog = 1, OldestPendingAt = Now - (4 * Minute) }).ShouldBeNull();
    }

    [Fact]
    public void A_stall_and_its_end_are_logged_once_each_time()
    {
        for (var n = 0; n < 2; n++)
        {
            var stuck = Status() with { Backlog = 7, OldestPendingAt = Now, Error = "the network is down" };
            clock.Advance(6 * Minute);
            Evaluate(stuck).ShouldNotBeNull();
            clock.Advance(Minute);
            Evaluate(stuck).ShouldNotBeNull();
            Evaluate(Status() with { LastProgressAt = Now }).ShouldBeNull();
            Evaluate(Status() with { LastProgressAt = Now }).ShouldBeNull();
        }

        string[] lines = log.Text.Split('\n');
        lines.Length.ShouldBe(4, log.Text);
        lines[0].ShouldContain("Stage routing has been stalled since 2026-08-01 12:00:00Z with a backlog of 7.");
        lines[0].ShouldContain("the network is down");
        lines[1].ShouldContain("is making progress again");
        lines[2].ShouldContain("has been stalled since");
        lines[3].ShouldContain("is making progress again");
    }

    private static StageStatus Status() => new("routing");

    private DateTimeOffset? Evaluate(StageStatus status) => stalls.Evaluate([status]).Single().StalledSince;
}
