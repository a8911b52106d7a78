using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class RequestRateTests : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly ManualClock clock = new();
    private readonly RequestRate rate;

    public RequestRateTests() => rate = new RequestRate(clock, requestsPerSecond: 4, maxParallel: 2);

    public void Dispose() => rate.Dispose();

    [Fact]
    public async Task Requests_are_spaced_evenly()
    {
        (await Enter()).Dispose();

        var second = Enter();
        clock.Advance(TimeSpan.FromMilliseconds(249));
        second.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));

        (await second).Dispose();
    }

    [Fact]
    public async Task The_number_of_parallel_requests_is_limited()
    {
        using var first = await Enter();
        clock.Advance(TimeSpan.FromSeconds(1));
        var second = await Enter();
        clock.Advance(TimeSpan.FromSeconds(1));

        var third = Enter();
        third.IsCompleted.ShouldBeFalse();
        second.Dispose();

        (await third).Dispose();
    }

    [Fact]
    public async Task A_cancelled_wait_does_not_block_other_requests()
    {
        (await Enter(CancellationToken.None)).Dispose();
        using var cancellation = new CancellationTokenSource();
        var gaveUp = new[] { Enter(cancellation.Token), Enter(cancellation.Token) };
        await cancellation.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(Task.WhenAll(gaveUp));

        clock.Advance(TimeSpan.FromSeconds(1));

        (await Enter(CancellationToken.None)).Dispose();
    }

    [Fact]
    public async Task A_429_halves_the_rate_once_for_all_requests_sent_before_it()
    {
        var first = await Enter();
        clock.Advance(TimeSpan.FromSeconds(1));
        var second = await Enter();

        Refuse(first);
        Refuse(second);
        rate.CurrentPerSecond.ShouldBe(2);

        clock.Advance(TimeSpan.FromSeconds(2));
        Refuse(await Enter());
        rate.CurrentPerSecond.ShouldBe(1);
    }

    [Fact]
    public async Task Each_minute_without_a_429_restores_a_tenth_of_the_share()
    {
        Refuse(await Enter());

        clock.Advance(TimeSpan.FromSeconds(59));
        rate.CurrentPerSecond.ShouldBe(2);
        clock.Advance(TimeSpan.FromSeconds(1));
        rate.CurrentPerSecond.ShouldBe(2.2, 0.0001);
        clock.Advance(TimeSpan.FromMinutes(2));
        rate.CurrentPerSecond.ShouldBe(2.662, 0.0001);
        clock.Advance(TimeSpan.FromHours(1));
        rate.CurrentPerSecond.ShouldBe(4);
    }

    [Fact]
    public async Task Repeated_429s_without_a_Retry_After_back_off_further_each_time()
    {
        foreach (var pause in new[] { 1, 2, 4 })
        {
            Refuse(await Enter());
            ShouldBePausedFor(pause);
            clock.Advance(TimeSpan.FromMinutes(2));
        }

        var permit = await Enter();
        permit.Succeeded();
        permit.Dispose();
        clock.Advance(TimeSpan.FromMinutes(2));
        Refuse(await Enter());
        ShouldBePausedFor(seconds: 1);
    }

    // With up to a quarter of jitter.
    private void ShouldBePausedFor(int seconds) =>
        (rate.PausedUntil!.Value - clock.GetUtcNow()).ShouldBeInRange(
            TimeSpan.FromSeconds(seconds),
            TimeSpan.FromSeconds(seconds * 1.25)
        );

    [Theory]
    [InlineData(null, 15, 15)]
    [InlineData(null, 20, 20)]
    [InlineData(null, 3, 3)]
    [InlineData(5.0, 15, 5)]
    [InlineData(5.0, 3, 3)]
    public async Task The_rate_is_the_share_but_never_more_than_Apples_limit(double? share, int limit, double expected)
    {
        using var limited = new RequestRate(clock, share);

        limited.SetLimit(limit);
        limited.CurrentPerSecond.ShouldBe(expected);

        Refuse(await limited.EnterAsync(LongestPause, default));
        limited.SetLimit(limit + 1);
        limited.CurrentPerSecond.ShouldBe(expected / 2);
    }

    [Fact]
    public async Task A_Retry_After_also_stops_requests_that_were_already_waiting()
    {
        var first = await Enter();
        var waiting = Enter();
        Refuse(first, TimeSpan.FromSeconds(8));

        clock.Advance(TimeSpan.FromMilliseconds(7999));
        waiting.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));

        (await waiting).Dispose();
        rate.PausedUntil.ShouldBeNull();
    }

    [Fact]
    public async Task A_shorter_Retry_After_does_not_shorten_a_longer_one()
    {
        var first = await Enter();
        clock.Advance(TimeSpan.FromSeconds(1));
        var second = await Enter();
        Refuse(first, TimeSpan.FromSeconds(300));
        Refuse(second, TimeSpan.FromSeconds(5));

        rate.PausedUntil.ShouldBe(clock.GetUtcNow() + TimeSpan.FromSeconds(300));
    }

    [Fact]
    public async Task A_long_pause_fails_at_once_instead_of_waiting()
    {
        Refuse(await Enter(), TimeSpan.FromMinutes(5));

        var error = await Should.ThrowAsync<AppleException>(Enter());

        error.Kind.ShouldBe(AppleErrorKind.Paused);
        error.RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_change_of_the_machines_clock_neither_ends_nor_extends_a_pause(int hours)
    {
        using var paused = new RequestRate(clock);
        Refuse(await paused.EnterAsync(LongestPause, default), TimeSpan.FromSeconds(8));

        clock.SetWall(TimeSpan.FromHours(hours));
        var next = paused.EnterAsync(LongestPause, default);

        paused.PausedUntil.ShouldBe(clock.GetUtcNow() + TimeSpan.FromSeconds(8));
        clock.Advance(TimeSpan.FromMilliseconds(7999));
        next.IsCompleted.ShouldBeFalse();
        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await next).Dispose();
    }

    private static void Refuse(RequestPermit permit, TimeSpan? retryAfter = null)
    {
        permit.Failed(new AppleException(AppleErrorKind.Throttled, "429") { RetryAfter = retryAfter });
        permit.Dispose();
    }

    private Task<RequestPermit> Enter(CancellationToken cancellationToken = default) =>
        rate.EnterAsync(LongestPause, cancellationToken);
}
