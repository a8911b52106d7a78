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

/// <summary>What follows from a read that failed: nothing is lost, the targets wait.</summary>
internal sealed partial class RefetchFailures(
    Database database,
    IOptions<RefetchOptions> options,
    RefetchMetrics metrics,
    TimeProvider time,
    ILogger<RefetchFailures> logger
)
{
    private readonly Backoff backoff = new(options.Value.FirstRetryDelay, options.Value.LongestRetryDelay);

    /// <returns>Whether the location's other reads may go on.</returns>
    public async Task<bool> NoteAsync(RefetchContext turn, IReadOnlyList<ClaimedTarget> targets, AppleException fault)
    {
        Log.Failed(logger, turn.Location.LocationId, ErrorCode.From(fault));
        metrics.CountError(fault.Kind);
        if (fault.IsTokenFault)
        {
            await LocationStateUpdater.ObserveAsync(turn, fault);
            if (LocationStates.MayCallApple(turn.Location.State))
            {
                await PauseAsync(turn, Longer(options.Value.FirstRetryDelay, fault.RetryAfter));
            }

            return false;
        }

        if (fault.Kind is AppleErrorKind.Paused)
        {
            await PauseAsync(turn, fault.RetryAfter ?? TimeSpan.Zero);
            return false;
        }

        var concernsAll =
            fault.Kind is AppleErrorKind.Throttled or AppleErrorKind.Unavailable or AppleErrorKind.Network;
        turn.Pace.ConsecutiveErrors += concernsAll ? 1 : 0;
        await FailAsync(turn, targets, fault, concernsAll);
        if (concernsAll)
        {
            await PauseAsync(turn, Longer(PauseAfter(turn.Pace.ConsecutiveErrors - 1), fault.RetryAfter));
        }

        return !concernsAll;
    }

    /// <summary>Whatever it was, it came of these targets: they are tried again later, and the location's other reads go on.</summary>
    public async Task NoteAsync(RefetchContext turn, IReadOnlyList<ClaimedTarget> targets, Exception exception)
    {
        if (targets.Count > 0)
        {
            NoteBroken(turn, targets[0].Kind, exception);
            await FailAsync(turn, targets, exception, concernsAll: false);
        }
    }

    public void NoteBroken(RefetchContext turn, RecordKind kind, Exception exception) =>
        Log.Broke(logger, turn.Location.LocationId, kind.Name, exception);

    /// <summary>Whether this many failures in a row are reported, and the read is then retried only at long intervals.</summary>
    public bool IsGivenUp(long attempts) => attempts >= options.Value.MaxAttempts;

    /// <summary>The pause after this many failures in a row of the same read; malformed responses get shorter pauses.</summary>
    public TimeSpan DelayOf(long attempts, Exception fault) =>
        IsGivenUp(attempts) && fault is not AppleException { Kind: AppleErrorKind.Malformed or AppleErrorKind.Protocol }
            ? options.Value.FailedRetryDelay
            : PauseAfter(attempts - 1);

    /// <summary>Tells of a kind of records that cannot be read, once.</summary>
    public async Task TellAsync(
        WriteTransaction transaction,
        string locationId,
        RecordKind kind,
        long attempts,
        Exception fault
    )
    {
        if (attempts == options.Value.MaxAttempts)
        {
            transaction.OnCommit(() => Log.GivenUp(logger, locationId, kind.Name, attempts));
            var whole = new ClaimedTarget
            {
                LocationId = locationId,
                KindName = kind.Name,
                Key = "",
                Requested = 0,
            };
            transaction.AppendEvents([EventOf(whole, attempts, fault)]);
        }
    }

    /// <summary>The location's content token cannot be read: it waits, and the other locations go on.</summary>
    public async Task NoteUnreadableAsync(
        Lease lease,
        Location location,
        Exception exception,
        CancellationToken cancellationToken
    )
    {
        Log.TokenUnreadable(logger, location.LocationId, exception);
        await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                await RefetchContext.EnsureLocationAsync(transaction, location.LocationId);
                await LocationStore.PauseAsync(transaction, location, DueIn(options.Value.LongestRetryDelay));
            },
            cancellationToken
        );
    }

    private Task PauseAsync(RefetchContext turn, TimeSpan length) =>
        turn.WriteAsync(transaction => LocationStore.PauseAsync(transaction, turn.Location, DueIn(length)));

    private async Task FailAsync(
        RefetchContext turn,
        IReadOnlyList<ClaimedTarget> targets,
        Exception fault,
        bool concernsAll
    )
    {
        foreach (var chunk in targets.Chunk(SnapshotStore.ChunkSize))
        {
            await turn.WriteAsync(transaction => FailAsync(transaction, turn, chunk, fault, concernsAll));
        }
    }

    private async Task FailAsync(
        WriteTransaction transaction,
        RefetchContext turn,
        ClaimedTarget[] targets,
        Exception fault,
        bool concernsAll
    )
    {
        var asked = (fault as AppleException)?.RetryAfter;
        foreach (var target in targets)
        {
            var attempts = target.Attempts + 1;
            var delay = concernsAll ? PauseAfter(target.Attempts) : DelayOf(attempts, fault);
            await TargetStore.FailAsync(transaction, target, ErrorCode.From(fault), DueIn(Longer(delay, asked)));
            if (!concernsAll && attempts == options.Value.MaxAttempts)
            {
                transaction.OnCommit(() => Log.GivenUp(logger, turn.Location.LocationId, target.KindName, attempts));
                transaction.AppendEvents([EventOf(target, attempts, fault)]);
            }
        }
    }

    private NewEvent EventOf(ClaimedTarget target, long attempts, Exception fault)
    {
        // A user's key is the clientUserId: who may follow the hub need not know the users.
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
                Fault = ErrorCode.From(fault),
            },
            EventJsonContext.Wire.RefetchFailed,
            time.GetUtcNow().ToUnixTimeMilliseconds()
        ) with
        {
            CorrelationId = target.CorrelationId,
            Traceparent = target.Traceparent,
        };
    }

    /// <summary>Spread by half of itself so that locations do not return together.</summary>
    private TimeSpan PauseAfter(long failures) => backoff.PauseAfter(failures, least: 1, most: 1.5, Random.Shared);

    private static TimeSpan Longer(TimeSpan delay, TimeSpan? asked) => asked > delay ? asked.Value : delay;

    private long DueIn(TimeSpan delay) => (time.GetUtcNow() + delay).ToUnixTimeMilliseconds();

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "A read for location {LocationId} failed: {Fault}")]
        public static partial void Failed(ILogger logger, string locationId, string fault);

        [LoggerMessage(
            LogLevel.Error,
            "A read of {Resource} for location {LocationId} broke off; it is tried again later."
        )]
        public static partial void Broke(ILogger logger, string locationId, string resource, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "The content token of location {LocationId} cannot be decrypted, so that nothing is read: check the key ring with `doctor`."
        )]
        public static partial void TokenUnreadable(ILogger logger, string locationId, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "A read of {Resource} for location {LocationId} failed {Attempts} times; it is tried at long intervals only."
        )]
        public static partial void GivenUp(ILogger logger, string locationId, string resource, long attempts);
    }
}
