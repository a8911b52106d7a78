using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Publishing;

/// <summary>Runs a topic's passes on the replica that holds the topic's lease.</summary>
internal sealed class TopicPublisherWorker(
    TopicPublisher publisher,
    Signals pulses,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<TopicPublisherWorker> logger
) : LeasedWorker(leases, TopicLog.NameOf(publisher.Topic), time, logger)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MeasureInterval = TimeSpan.FromSeconds(5);

    /// <summary>From one pass to the next, at least: a cursor moved for each single event halves everybody's rate.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    // A field of its own: the base keeps the parameter to itself.
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
            var next = pulses.EventsAppended.Next;
            var more = await publisher.PublishDueAsync(lease, cancellationToken);
            if (measuredAt is null || time.GetElapsedTime(measuredAt.Value) >= MeasureInterval)
            {
                await publisher.MeasureAsync(cancellationToken);
                measuredAt = time.GetTimestamp();
            }

            if (Pace - time.GetElapsedTime(started) is { Ticks: > 0 } early)
            {
                await Task.Delay(early, time, cancellationToken);
            }

            if (!more)
            {
                await Signal.WaitAsync(next, PollIn(), time, cancellationToken);
            }
        }
    }

    private TimeSpan PollIn() => publisher.WaitLeft is { Ticks: > 0 } left && left < Poll ? left : Poll;
}
