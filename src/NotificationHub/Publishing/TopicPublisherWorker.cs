using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing;

internal sealed class TopicPublisherWorker(
    TopicPublisher publisher,
    Signals signals,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<TopicPublisherWorker> logger
) : LeasedWorker(leases, TopicLog.GetName(publisher.Topic), time, logger)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);

    // Moving the cursor for every single event would halve the rate of all stages.
    private static readonly TimeSpan MinInterval = TimeSpan.FromMilliseconds(20);

    // The base class does not expose its parameter.
    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            await LoopAsync(lease, cancellationToken);
        }
        finally
        {
            publisher.StandBy();
        }
    }

    private async Task LoopAsync(Lease lease, CancellationToken cancellationToken)
    {
        long? measuredAt = null;
        await publisher.BeginAsync(lease, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var started = time.GetTimestamp();
            var next = signals.EventsAppended.Next;
            var more = await publisher.PublishNextAsync(lease, cancellationToken);
            if (measuredAt is null || time.GetElapsedTime(measuredAt.Value) >= MeasureInterval)
            {
                await publisher.MeasureAsync(cancellationToken);
                measuredAt = time.GetTimestamp();
            }

            if (MinInterval - time.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, time, cancellationToken);
            }

            if (!more)
            {
                await Signal.WaitAsync(next, GetPollDelay(), time, cancellationToken);
            }
        }
    }

    private TimeSpan GetPollDelay() =>
        publisher.WaitLeft is { Ticks: > 0 } left && left < PollInterval ? left : PollInterval;
}
