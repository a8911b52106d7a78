using System.Diagnostics;
using System.Diagnostics.Metrics;
using NotificationHub.Drill.Virtual;

namespace NotificationHub.Drill;

/// <summary>
/// Lets hours pass in seconds for a complete hub with threads and sockets. Time stops during an HTTP request,
/// because a time limit of a minute would otherwise cancel requests that take a millisecond.
/// </summary>
internal sealed class DrillTime : IDisposable
{
    // Requests end before the next step. All other time limits are longer than this.
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    // In real time, like the checks: the hub needs it to react to the timers that have fired.
    private static readonly TimeSpan RealTimeLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(1);
    private const int QuietChecks = 2;
    private const int SmallSteps = 60;

    // A request may itself wait for time to pass.
    private const int MaxChecks = 100;

    private readonly MeterListener requests = new();
    private readonly DateTimeOffset start;
    private long activeRequests;

    public DrillTime()
    {
        start = Clock.GetUtcNow();
        requests.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument is { Meter.Name: "System.Net.Http", Name: "http.client.active_requests" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        requests.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref activeRequests, change));
        requests.Start();
    }

    public ManualClock Clock { get; } = new();

    /// <summary>Completes when the hub's pending writes have succeeded or failed.</summary>
    public Func<CancellationToken, Task> WritesCompleted { get; set; } = _ => Task.CompletedTask;

    public TimeSpan Passed => Clock.GetUtcNow() - start;

    public async Task PassAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        for (var left = span; left > TimeSpan.Zero; left -= LongestStep)
        {
            // Running every poll of every second would take too long.
            Clock.Jump(left < LongestStep ? left : LongestStep);
            await SettleAsync(cancellationToken);
        }
    }

    /// <summary>Lets time pass until the condition holds: first a second at a time, then in larger steps.</summary>
    /// <param name="pause">Real time between the steps, for a driver that does not know this clock.</param>
    /// <exception cref="TimeoutException">The condition did not become true.</exception>
    public async Task UntilAsync(
        Func<Task<bool>> condition,
        string what,
        CancellationToken cancellationToken,
        TimeSpan pause = default
    )
    {
        var started = Stopwatch.GetTimestamp();
        for (var steps = 0; !await condition(); steps++)
        {
            if (Stopwatch.GetElapsedTime(started) > RealTimeLimit)
            {
                throw new TimeoutException($"Timed out: {what}.");
            }

            if (steps < SmallSteps)
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
            }
            else
            {
                Clock.Jump(TimeSpan.FromSeconds(5));
            }

            await Task.Delay(pause, cancellationToken);
            await SettleAsync(cancellationToken);
        }
    }

    /// <summary>Lets time pass until the work completes.</summary>
    public async Task<T> DuringAsync<T>(Task<T> work, CancellationToken cancellationToken)
    {
        await UntilAsync(() => Task.FromResult(work.IsCompleted), "the work completes", cancellationToken);
        return await work;
    }

    public void Dispose() => requests.Dispose();

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var quiet = 0;
        for (var checks = 0; quiet < QuietChecks && checks < MaxChecks; checks++)
        {
            await Task.Delay(CheckInterval, cancellationToken);
            quiet = Interlocked.Read(ref activeRequests) > 0 || ThreadPool.PendingWorkItemCount > 0 ? 0 : quiet + 1;
        }

        await WritesCompleted(cancellationToken);
    }
}
