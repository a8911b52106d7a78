using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

/// <summary>Runs the fan-out, and turns of all targets at the same time, so that no target waits for another one.</summary>
internal sealed partial class RelayPass(
    Database database,
    RelayFanOut fanOut,
    RelaySender sender,
    IOptions<RelayOptions> options,
    TimeProvider time,
    ILogger<RelayPass> logger
)
{
    // Targets of a host that does not respond occupy at most this share of the turns, and failing ones at most half of them.
    private const int MaxTurnsPerHost = RelayClient.MaxConnectionsPerHost;
    private const int MaxTurns = 16 * MaxTurnsPerHost;

    private readonly Signal turnEnded = new();
    private readonly Dictionary<string, TargetBackoff> backoffs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Turn> turns = new(StringComparer.Ordinal);

    public Signal TurnEnded => turnEnded;

    public bool HasTargets { get; private set; }

    /// <summary>A new owner of the lease starts without pauses.</summary>
    public void Begin() => backoffs.Clear();

    /// <summary>Waits for the turns that have begun.</summary>
    public Task EndTurnsAsync() => Task.WhenAll(turns.Values.Select(turn => turn.Task));

    /// <summary>Forwards a page of the log, and starts a turn of each target that has something to send and may send now.</summary>
    /// <returns>The number of notifications that were read.</returns>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var targets = await ListAsync(cancellationToken);
        HasTargets = targets.Count > 0;
        var rows = await fanOut.RunAsync(
            lease,
            [.. targets.Where(target => target.State != RelayTargetState.Removed)],
            cancellationToken
        );
        if (rows > 0)
        {
            targets = await ListAsync(cancellationToken);
        }

        foreach (var target in targets.Where(target => !turns.ContainsKey(target.TargetId)))
        {
            if (
                target.State == RelayTargetState.Removed
                || (target is { IsEnded: true, PendingSince: null } && rows == 0)
            )
            {
                backoffs.Remove(target.TargetId);
                await database.DeleteAsync(lease, target.TargetId, cancellationToken);
            }
            else if (target.PendingSince <= time.GetUtcNow() - options.Value.MaxAge)
            {
                var expired = await database.ExpireAsync(
                    lease,
                    target.TargetId,
                    options.Value.MaxAge,
                    time.GetStoredUtcNow(),
                    cancellationToken
                );
                if (expired > 0)
                {
                    Log.Expired(logger, expired, target.TargetId);
                }
            }
            else if (target is { State: RelayTargetState.Running, PendingSince: not null })
            {
                StartIfReady(lease, target, cancellationToken);
            }
        }

        return rows;
    }

    private Task<IReadOnlyList<ScheduledTarget>> ListAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(connection => connection.ListScheduledAsync(), cancellationToken);

    private void StartIfReady(Lease lease, ScheduledTarget target, CancellationToken cancellationToken)
    {
        if (!backoffs.TryGetValue(target.TargetId, out var backoff))
        {
            backoffs[target.TargetId] = backoff = new TargetBackoff(Random.Shared, time);
        }

        var host = new Uri(target.Url).Authority;
        var isFree =
            turns.Count < MaxTurns
            && turns.Values.Count(turn => turn.Host == host) < MaxTurnsPerHost
            && (!backoff.IsFailing || turns.Values.Count(turn => turn.IsFailing) < MaxTurns / 2);
        if (backoff.IsReady(target) && isFree)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            turns[target.TargetId] = new Turn(host, backoff.IsFailing, ended.Task);
            _ = Task.Run(() => RunTurnAsync(lease, target, backoff, ended, cancellationToken), CancellationToken.None);
        }
    }

    private async Task RunTurnAsync(
        Lease lease,
        ScheduledTarget target,
        TargetBackoff backoff,
        TaskCompletionSource ended,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await sender.RunTurnAsync(lease, target, backoff, cancellationToken);
        }
        // The turns of other targets must continue.
        catch (Exception exception)
        {
            backoff.Failed(failure: null, retryAfter: null);
            if (exception is not LeaseLostException && !cancellationToken.IsCancellationRequested)
            {
                Log.TurnFailed(logger, target.TargetId, exception);
            }
        }
        finally
        {
            turns.TryRemove(target.TargetId, out _);
            ended.SetResult();
            turnEnded.Raise();
        }
    }

    private sealed record Turn(string Host, bool IsFailing, Task Task);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Could not forward notifications to relay target {Target}; will retry.")]
        public static partial void TurnFailed(ILogger logger, string target, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "Set aside {Count} notifications for relay target {Target}: it did not accept them within Relay:MaxAge. Run `relay resend`."
        )]
        public static partial void Expired(ILogger logger, int count, string target);
    }
}
