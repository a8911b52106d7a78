using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

/// <summary>What follows from a read that failed: nothing is lost, the targets wait.</summary>
internal sealed partial class RefetchFailures(
    Database database,
    LocationWatch watch,
    IOptions<RefetchOptions> options,
    TimeProvider time,
    ILogger<RefetchFailures> logger
)
{
    private const int MostDoublings = 16;

    /// <returns>Whether the location's other reads may go on.</returns>
    public async Task<bool> NoteAsync(RefetchTurn turn, RefetchStep step, AppleException fault)
    {
        Log.Failed(logger, turn.Location.LocationId, fault.Kind, fault.Message);
        RefetchMetrics.CountError(fault.Kind);
        if (fault.IsTokenFault)
        {
            await watch.ObserveAsync(turn, fault);
            return false;
        }

        if (fault.Kind is AppleErrorKind.Paused)
        {
            await PostponeAsync(turn, DueIn(fault.RetryAfter ?? TimeSpan.Zero));
            return false;
        }

        var concernsAll =
            fault.Kind is AppleErrorKind.Throttled or AppleErrorKind.Unavailable or AppleErrorKind.Network;
        turn.Pace.FaultsInARow += concernsAll ? 1 : 0;
        foreach (var chunk in step.Targets.Chunk(SnapshotStore.ChunkSize))
        {
            await turn.WriteAsync(transaction => FailAsync(transaction, turn, chunk, fault, concernsAll));
        }

        if (concernsAll)
        {
            await PostponeAsync(turn, DueIn(Longer(Backoff(turn.Pace.FaultsInARow - 1), fault.RetryAfter)));
        }

        return !concernsAll;
    }

    private static Task PostponeAsync(RefetchTurn turn, long until) =>
        turn.WriteAsync(transaction => TargetStore.PostponeAsync(transaction, turn.Location.LocationId, until));

    private async Task FailAsync(
        WriteTransaction transaction,
        RefetchTurn turn,
        ClaimedTarget[] targets,
        AppleException fault,
        bool concernsAll
    )
    {
        foreach (var target in targets)
        {
            var attempts = target.Attempts + 1;
            var hopeless = !concernsAll && attempts >= options.Value.AttemptsUntilFailed;
            var delay = hopeless ? options.Value.FailedRetryDelay : Backoff(target.Attempts);
            await TargetStore.FailAsync(transaction, target, fault.Message, DueIn(Longer(delay, fault.RetryAfter)));
            if (!concernsAll && attempts == options.Value.AttemptsUntilFailed)
            {
                Log.GivenUp(logger, turn.Location.LocationId, target.Resource, attempts);
                await EventLog.AppendAsync(transaction, database, [EventOf(target, attempts, fault)]);
            }
        }
    }

    private NewEvent EventOf(ClaimedTarget target, long attempts, AppleException fault) =>
        new()
        {
            Type = EventNames.RefetchFailed,
            LocationId = target.LocationId,
            Subject = $"{target.Resource}/{target.Key}",
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new RefetchFailed
                {
                    Resource = target.Resource,
                    Key = target.Key,
                    Attempts = attempts,
                    Fault = fault.Message,
                },
                EventJsonContext.Wire.RefetchFailed
            ),
            CorrelationId = target.CorrelationId,
            Traceparent = target.Traceparent,
            CreatedAt = time.GetUtcNow().ToUnixTimeMilliseconds(),
        };

    /// <summary>Doubled with each failure before, up to the longest, and spread by half of itself so that locations do not return together.</summary>
    private TimeSpan Backoff(long failuresBefore)
    {
        var doubled = options.Value.FirstRetryDelay * Math.Pow(2, Math.Min(failuresBefore, MostDoublings));
        var bounded = doubled < options.Value.LongestRetryDelay ? doubled : options.Value.LongestRetryDelay;
        return bounded * (1 + (Random.Shared.NextDouble() / 2));
    }

    private static TimeSpan Longer(TimeSpan delay, TimeSpan? asked) => asked > delay ? asked.Value : delay;

    private long DueIn(TimeSpan delay) => (time.GetUtcNow() + delay).ToUnixTimeMilliseconds();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A read for location {LocationId} failed ({Kind}): {Fault}")]
        public static partial void Failed(ILogger logger, string locationId, AppleErrorKind kind, string fault);

        [LoggerMessage(
            LogLevel.Error,
            "A read of {Resource} for location {LocationId} failed {Attempts} times; it is tried at long intervals only."
        )]
        public static partial void GivenUp(ILogger logger, string locationId, string resource, long attempts);
    }
}
