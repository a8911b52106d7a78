using NotificationHub.Refetch.Targets;

namespace NotificationHub.Tests.Refetch;

public sealed class RefetchTimingTests
{
    private const long Burst = 5 * 60 * 1000;

    private static readonly RefetchTiming Timing = new(
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(4)
    );

    [Fact]
    public void A_single_request_is_due_after_the_quiet_period() =>
        Timing.Request(null, At(1000)).DueAt.ShouldBe(At(3000));

    [Fact]
    public void A_request_by_a_clock_that_was_ahead_does_not_extend_the_maximum_wait()
    {
        var known = new StoredTarget
        {
            LocationId = "L",
            KindName = "asset",
            Key = "1/STDQ",
            Requested = 1,
            FirstRequestedAt = At(1_000_000_000),
            MaxWait = TimeSpan.FromSeconds(15),
        };

        var next = Timing.Request(known, At(1_000));

        next.FirstRequestedAt.ShouldBe(At(1_000));
        next.DueAt.ShouldBe(At(3_000));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    [InlineData(1_900)]
    [InlineData(3_000)]
    [InlineData(7_000)]
    [InlineData(20_000)]
    [InlineData(45_000)]
    public void Apples_burst_of_five_minutes_costs_at_most_five_reads(int spacing)
    {
        var reads = ReadsOf(spacing);

        reads.Count.ShouldBeLessThanOrEqualTo(5, $"reads at {string.Join(", ", reads)}");
        reads[0].ShouldBeLessThanOrEqualTo(15_000, "the first read is early");
        reads[^1].ShouldBeGreaterThanOrEqualTo((Burst - 1) / spacing * spacing, "the last request is answered");
    }

    [Fact]
    public void A_target_after_a_long_quiet_time_is_read_early_again()
    {
        var busy = new StoredTarget
        {
            LocationId = "L",
            KindName = "asset",
            Key = "1/STDQ",
            Requested = 9,
            Fetched = 9,
            MaxWait = TimeSpan.FromMinutes(4),
            ReadAt = At(0),
        };

        Timing.Request(busy, At(4 * 240_000 + 1)).ShouldBe((At(960_001), TimeSpan.FromSeconds(15), At(962_001)));
    }

    /// <summary>Simulates requests at a fixed interval; a read takes no time.</summary>
    private static List<long> ReadsOf(int spacing)
    {
        List<long> reads = [];
        StoredTarget? target = null;
        DateTimeOffset? dueAt = null;
        for (var now = 0L; now < Burst || dueAt is not null; now += 100)
        {
            if (now < Burst && now % spacing == 0)
            {
                var next = Timing.Request(target, At(now));
                dueAt = next.DueAt;
                target = new StoredTarget
                {
                    LocationId = "L",
                    KindName = "asset",
                    Key = "1/STDQ",
                    Requested = (target?.Requested ?? 0) + 1,
                    Fetched = target?.Fetched ?? 0,
                    FirstRequestedAt = next.FirstRequestedAt,
                    MaxWait = next.MaxWait,
                    ReadAt = target?.ReadAt,
                };
            }

            if (dueAt <= At(now))
            {
                reads.Add(now);
                target = target! with { Fetched = target.Requested, ReadAt = At(now) };
                dueAt = null;
            }
        }

        return reads;
    }
}
