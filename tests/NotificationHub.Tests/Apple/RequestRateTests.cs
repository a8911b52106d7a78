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
    public async Task No_more_than_the_allowed_number_is_under_way()
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
    public async Task Whoever_gives_up_waiting_leaves_the_place_to_others()
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
    public async Task A_refusal_halves_the_rate_once_for_all_requests_sent_before_it()
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
    public async Task A_quiet_minute_gives_a_tenth_back_until_the_share_is_whole_again()
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
    public async Task Refusals_in_a_row_without_a_Retry_After_back_off_further_each_time()
    {
        foreach (var pause in new[] { 1, 2, 4 })
        {
            Refuse(await Enter());
            rate.PausedUntil.ShouldBe(clock.GetUtcNow() + TimeSpan.FromSeconds(pause));
            clock.Advance(TimeSpan.FromMinutes(2));
        }

        var permit = await Enter();
        permit.Succeeded();
        permit.Dispose();
        clock.Advance(TimeSpan.FromMinutes(2));
        Refuse(await Enter());
        rate.PausedUntil.ShouldBe(clock.GetUtcNow() + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Nothing_is_sent_before_a_Retry_After_is_over_not_even_what_waited_already()
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
    public async Task A_long_pause_is_said_at_once_instead_of_waited_for()
    {
        Refuse(await Enter(), TimeSpan.FromMinutes(5));

        var fault = await Should.ThrowAsync<AppleException>(Enter());

        fault.Kind.ShouldBe(AppleErrorKind.Paused);
        fault.RetryAfter.ShouldBe(TimeSpan.FromMinutes(5));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Setting_the_machines_clock_neither_ends_a_pause_nor_prolongs_it(int hours)
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
