using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>One location cannot use up the body memory of the others.</summary>
public sealed class LocationShareTests
{
    private const int Attackers = 16;
    private const int MaxBodyBytes = 65536;

    [Fact]
    public async Task Slow_requests_for_one_location_block_no_delivery_of_another()
    {
        await using var hub = await HubHost.StartAsync(
            $"Intake:MaxBodyBytes={MaxBodyBytes}",
            $"Intake:MaxBytesInFlight={4 * MaxBodyBytes}",
            $"Intake:MaxBytesInFlightPerLocation={MaxBodyBytes}"
        );
        var leaked = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        var budget = hub.Services.GetRequiredService<MemoryBudget>();
        using var ending = new CancellationTokenSource();

        var attacks = Enumerable.Range(0, Attackers).Select(_ => AttackAsync(hub, leaked, ending.Token)).ToList();
        await Until.TrueAsync(() => budget.Used > MaxBodyBytes / 2, "the attack has started");
        for (var n = 0; n < 100; n++)
        {
            (await other.PostAsync(TestLocation.Notification($"n-{n}"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        attacks.ShouldAllBe(attack => !attack.IsCompleted);
        await ending.CancelAsync();
        await Task.WhenAll(attacks);

        // A request that was read before its client hung up may still take memory for a moment.
        await Until.TrueAsync(
            async () => (await leaked.PostAsync(TestLocation.Notification("n-1"))).StatusCode == HttpStatusCode.OK,
            "the location is served again"
        );
        await Until.TrueAsync(() => budget.Used == 0, "all memory is returned");
    }

    [Fact]
    public void An_exhausted_share_leaves_the_rest_of_the_budget()
    {
        var whole = new MemoryBudget(100);
        var one = new MemoryBudget(60, whole);
        var other = new MemoryBudget(60, whole);

        one.TryTake(60).ShouldBeTrue();
        one.TryTake(1).ShouldBeFalse();
        other.TryTake(41).ShouldBeFalse();
        other.TryTake(40).ShouldBeTrue();
        whole.Used.ShouldBe(100);

        one.Return(60);
        other.Return(40);
        (whole.Used, one.Used, other.Used).ShouldBe((0, 0, 0));
    }

    // Send as much of a body as there is room for, then stop; rejected requests are repeated.
    private static async Task AttackAsync(HubHost hub, TestLocation leaked, CancellationToken ending)
    {
        while (!ending.IsCancellationRequested)
        {
            try
            {
                using var slow = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
                await slow.SendAsync(RawConnection.HeadOf(leaked, MaxBodyBytes) + new string(' ', MaxBodyBytes - 1));
                await slow.ReadLineAsync().WaitAsync(ending);
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException)
            {
                // Rejected before everything was sent, or the test has ended.
            }
        }
    }
}
