using System.Diagnostics;
using System.Diagnostics.Metrics;
using NotificationHub.Drill.Virtual;

namespace NotificationHub.Drill;

/// <summary>
/// Lets hours pass in seconds for a hub that runs whole, on threads and sockets. Time stands still while an HTTP request is under way, or
/// time limits of a minute would strike requests that take a millisecond.
/// </summary>
internal sealed class DrillTime : IDisposable
{
    /// <summary>A request is over before the next step; what else is limited in time is given longer than this.</summary>
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    // Of the machine's time, as the glances are: the hub needs it to act upon the timers that have fired.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(1);
    private const int QuietGlances = 2;
    private const int SmallSteps = 60;

    /// <summary>A request may itself wait for time to pass.</summary>
    private const int MostGlances = 100;

    private readonly MeterListener requests = new();
    private readonly DateTimeOffset start;
    private long underWay;

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
        requests.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref underWay, change));
        requests.Start();
    }

    public ManualClock Clock { get; } = new();

    /// <summary>Ends when what the hub has set out to write is written, or refused.</summary>
    public Func<CancellationToken, Task> Written { get; set; } = _ => Task.CompletedTask;

    public TimeSpan Passed => Clock.GetUtcNow() - start;

    public async Task PassAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        for (var left = span; left > TimeSpan.Zero; left -= LongestStep)
        {
            // Every poll of every second would take longer than all that is to be seen.
            Clock.Jump(left < LongestStep ? left : LongestStep);
            await SettleAsync(cancellationToken);
        }
    }

    /// <summary>Lets time pass until it is so: a second at a time, and where that does not do, in larger steps.</summary>
    /// <exception cref="TimeoutException">It does not become so.</exception>
    public async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        for (var steps = 0; !await condition(); steps++)
        {
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                throw new TimeoutException($"It did not come about: {what}.");
            }

            if (steps < SmallSteps)
            {
                Clock.Advance(TimeSpan.FromSeconds(1));
            }
            else
            {
                Clock.Jump(TimeSpan.FromSeconds(5));
            }

            await SettleAsync(cancellationToken);
        }
    }

    /// <summary>Lets time pass while the work waits for it.</summary>
    public async Task<T> DuringAsync<T>(Task<T> work, CancellationToken cancellationToken)
    {
        await UntilAsync(() => Task.FromResult(work.IsCompleted), "the work ends", cancellationToken);
        return await work;
    }

    public void Dispose() => requests.Dispose();

    private async Task SettleAsync(CancellationToken cancellationToken)
    {
        var quiet = 0;
        for (var glances = 0; quiet < QuietGlances && glances < MostGlances; glances++)
        {
            await Task.Delay(Glance, cancellationToken);
            quiet = Interlocked.Read(ref underWay) > 0 || ThreadPool.PendingWorkItemCount > 0 ? 0 : quiet + 1;
        }

        await Written(cancellationToken);
    }
}
