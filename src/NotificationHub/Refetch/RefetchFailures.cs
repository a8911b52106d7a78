using Microsoft.Extensions.Options;
using NotificationHub.Apple;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Refetch;

/// <summary>Handles failed reads: their targets stay pending and are retried.</summary>
internal sealed partial class RefetchFailures(
    Database database,
    IOptions<RefetchOptions> options,
    RefetchMetrics metrics,
    TimeProvider time,
    ILogger<RefetchFailures> logger
)
{
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan LongestRetryDelay = TimeSpan.FromMinutes(5);

    public static readonly TimeSpan FailedRetryDelay = TimeSpan.FromHours(1);

    private readonly Backoff backoff = new(FirstRetryDelay, LongestRetryDelay);

    /// <returns>Whether the location's other reads continue.</returns>
    public async Task<bool> RecordAsync(
        RefetchContext context,
        IReadOnlyList<StoredTarget> targets,
        AppleException exception
    )
    {
        Log.Failed(logger, context.Location.LocationId, ErrorCode.From(exception));
        metrics.CountError(exception.Kind);
        if (exception.IsTokenError)
        {
            await LocationStateUpdater.UpdateAsync(context, exception);
            if (LocationStates.MayCallApple(context.Location.State))
            {
                await PauseAsync(context, Longer(FirstRetryDelay, exception.RetryAfter));
            }

            return false;
        }

        if (exception.Kind is AppleErrorKind.Paused)
        {
            await PauseAsync(context, exception.RetryAfter ?? TimeSpan.Zero);
            return false;
        }

        var isLocationWide =
            exception.Kind is AppleErrorKind.Throttled or AppleErrorKind.Unavailable or AppleErrorKind.Network;
        context.Pace.ConsecutiveErrors += isLocationWide ? 1 : 0;
        await FailAsync(context, targets, exception, isLocationWide);
        if (isLocationWide)
        {
            await PauseAsync(context, Longer(PauseAfter(context.Pace.ConsecutiveErrors - 1), exception.RetryAfter));
        }

        return !isLocationWide;
    }

    public async Task RecordAsync(RefetchContext context, IReadOnlyList<StoredTarget> targets, Exception exception)
    {
        if (targets.Count > 0)
        {
            LogUnexpected(context, targets[0].Kind, exception);
            await FailAsync(context, targets, exception, isLocationWide: false);
        }
    }

    public void LogUnexpected(RefetchContext context, RecordKind kind, Exception exception) =>
        Log.Unexpected(logger, context.Location.LocationId, kind.Name, exception);

    public bool HasReachedMaxAttempts(long attempts) => attempts >= options.Value.MaxAttempts;

    /// <summary>The pause after this many failures in a row of the same read; shorter for malformed responses.</summary>
    public TimeSpan GetDelay(long attempts, Exception exception) =>
        HasReachedMaxAttempts(attempts)
        && exception is not AppleException { Kind: AppleErrorKind.Malformed or AppleErrorKind.Protocol }
            ? FailedRetryDelay
            : PauseAfter(attempts - 1);

    public void Publish(
        WriteTransaction transaction,
        string locationId,
        RecordKind kind,
        long attempts,
        Exception exception
    )
    {
        if (attempts == options.Value.MaxAttempts)
        {
            transaction.OnCommit(() =>
                Log.MaxAttemptsReached(logger, locationId, kind.Name, attempts, ErrorCode.From(exception))
            );
            var allRecords = new StoredTarget
            {
                LocationId = locationId,
                KindName = kind.Name,
                Key = "",
                Requested = 0,
            };
            transaction.AppendEvents([CreateEvent(allRecords, attempts, exception)]);
        }
    }

    public async Task PauseUnreadableAsync(
        Lease lease,
        Location location,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        Log.TokenUnreadable(logger, location.LocationId, exception);
        await database.WriteAsync(
            lease,
            async transaction =>
            {
                await RefetchContext.EnsureLocationAsync(transaction, location.LocationId);
                await LocationStore.PauseAsync(transaction, location, DueIn(LongestRetryDelay));
            },
            cancellationToken
        );
    }

    private Task PauseAsync(RefetchContext context, TimeSpan length) =>
        context.WriteAsync(transaction => LocationStore.PauseAsync(transaction, context.Location, DueIn(length)));

    private async Task FailAsync(
        RefetchContext context,
        IReadOnlyList<StoredTarget> targets,
        Exception exception,
        bool isLocationWide
    )
    {
        foreach (var chunk in targets.Chunk(SnapshotStore.ChunkSize))
        {
            await context.WriteAsync(transaction => FailAsync(transaction, context, chunk, exception, isLocationWide));
        }
    }

    private async Task FailAsync(
        WriteTransaction transaction,
        RefetchContext context,
        StoredTarget[] targets,
        Exception exception,
        bool isLocationWide
    )
    {
        var retryAfter = (exception as AppleException)?.RetryAfter;
        foreach (var target in targets)
        {
            var attempts = target.Attempts + 1;
            var delay = isLocationWide ? PauseAfter(target.Attempts) : GetDelay(attempts, exception);
            await TargetStore.FailAsync(
                transaction,
                target,
                ErrorCode.From(exception),
                DueIn(Longer(delay, retryAfter))
            );
            if (!isLocationWide && attempts == options.Value.MaxAttempts)
            {
                transaction.OnCommit(() =>
                    Log.MaxAttemptsReached(
                        logger,
                        context.Location.LocationId,
                        target.KindName,
                        attempts,
                        ErrorCode.From(exception)
                    )
                );
                transaction.AppendEvents([CreateEvent(target, attempts, exception)]);
            }
        }
    }

    private NewEvent CreateEvent(StoredTarget target, long attempts, Exception exception)
    {
        // A user's key is the clientUserId, which subscribers of the topic hub need not know.
        var key = target.Kind == RecordKind.User || target.Key.Length == 0 ? null : target.Key;
        return NewEvent.Create(
            EventNames.RefetchFailed,
            target.LocationId,
            key is null ? target.KindName : $"{target.KindName}/{key}",
            new RefetchFailed
            {
                Resource = target.KindName,
                Key = key,
                Attempts = attempts,
                Fault = ErrorCode.From(exception),
            },
            EventJsonContext.Wire.RefetchFailed,
            time.GetStoredUtcNow()
        ) with
        {
            CorrelationId = target.CorrelationId,
            Traceparent = target.Traceparent,
        };
    }

    // With jitter, so that locations do not return together.
    private TimeSpan PauseAfter(long failures) => backoff.PauseAfter(failures, least: 1, most: 1.5, Random.Shared);

    private static TimeSpan Longer(TimeSpan delay, TimeSpan? retryAfter) =>
        retryAfter > delay ? retryAfter.Value : delay;

    private DateTimeOffset DueIn(TimeSpan delay) => time.GetUtcNow() + delay;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A read for location {LocationId} failed: {Error}. It will be retried.")]
        public static partial void Failed(ILogger logger, string locationId, string error);

        [LoggerMessage(
            LogLevel.Error,
            "A read of {Kind} records of location {LocationId} failed unexpectedly. It will be retried."
        )]
        public static partial void Unexpected(ILogger logger, string locationId, string kind, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "The content token of location {LocationId} cannot be decrypted; its reads are paused. Check the key ring with `doctor`."
        )]
        public static partial void TokenUnreadable(ILogger logger, string locationId, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "A read of {Kind} records of location {LocationId} failed {Attempts} times ({Error}). The records may be out of date; the read will be retried hourly."
        )]
        public static partial void MaxAttemptsReached(
            ILogger logger,
            string locationId,
            string kind,
            long attempts,
            string error
        );
    }
}
