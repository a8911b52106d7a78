using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

/// <summary>Runs the fan-out, and batches of all targets at the same time, so that no target waits for another one.</summary>
internal sealed partial class RelayPass(
    Database database,
    RelayFanOut fanOut,
    RelaySender sender,
    IOptions<RelayOptions> options,
    TimeProvider time,
    ILogger<RelayPass> logger
)
{
    // Targets of a host that does not respond occupy at most this share of the batches, and failing ones at most half of them.
    private const int MaxBatchesPerHost = RelayClient.MaxConnectionsPerHost;
    private const int MaxBatches = 16 * MaxBatchesPerHost;

    private readonly Signal batchEnded = new();
    private long batchCount;
    private readonly Dictionary<string, TargetBackoff> backoffs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Batch> batches = new(StringComparer.Ordinal);

    public Signal BatchEnded => batchEnded;

    public bool HasTargets { get; private set; }

    /// <summary>A new owner of the lease starts without pauses.</summary>
    public void Begin() => backoffs.Clear();

    /// <summary>Waits for the batches that have begun.</summary>
    public Task FinishBatchesAsync() => Task.WhenAll(batches.Values.Select(batch => batch.Task));

    /// <summary>Forwards a page of the log, and starts a batch of each target that has something to send and may send now.</summary>
    /// <returns>The number of notifications that were read.</returns>
    public async Task<int> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        var rows = await fanOut.RunAsync(lease, cancellationToken);
        var targets = await database.ReadAsync(connection => connection.ListScheduledAsync(), cancellationToken);
        HasTargets = targets.Count > 0;
        // The targets of one host share its connections, so the one that has waited longest comes first.
        foreach (
            var target in targets
                .Where(target => !batches.ContainsKey(target.TargetId))
                .OrderBy(target => backoffs.GetValueOrDefault(target.TargetId)?.LastBatch ?? 0)
        )
        {
            if (
                target.State == RelayTargetState.Removed
                || (target is { IsEnded: true, PendingSince: null } && rows == 0)
            )
            {
                backoffs.Remove(target.TargetId);
                await database.DeleteAsync(lease, target.TargetId, cancellationToken);
                continue;
            }

            if (target.PendingSince <= time.GetUtcNow() - options.Value.MaxAge)
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

            if (target is { State: RelayTargetState.Running, PendingSince: not null })
            {
                StartIfReady(lease, target, cancellationToken);
            }
        }

        return rows;
    }

    private void StartIfReady(Lease lease, ScheduledTarget target, CancellationToken cancellationToken)
    {
        if (!backoffs.TryGetValue(target.TargetId, out var backoff))
        {
            backoffs[target.TargetId] = backoff = new TargetBackoff(Random.Shared, time);
        }

        var host = new Uri(target.Url).Authority;
        var isFree =
            batches.Count < MaxBatches
            && batches.Values.Count(batch => batch.Host == host) < MaxBatchesPerHost
            && (!backoff.IsFailing || batches.Values.Count(batch => batch.IsFailing) < MaxBatches / 2);
        if (backoff.IsReady(target) && isFree)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            backoff.LastBatch = ++batchCount;
            batches[target.TargetId] = new Batch(host, backoff.IsFailing, ended.Task);
            _ = Task.Run(
                () => SendBatchAsync(lease, target, backoff, ended, cancellationToken),
                CancellationToken.None
            );
        }
    }

    private async Task SendBatchAsync(
        Lease lease,
        ScheduledTarget target,
        TargetBackoff backoff,
        TaskCompletionSource ended,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await sender.SendBatchAsync(lease, target, backoff, cancellationToken);
        }
        // The batches of other targets must continue.
        catch (Exception exception)
        {
            backoff.Failed(failure: null, retryAfter: null);
            if (exception is not LeaseLostException && !cancellationToken.IsCancellationRequested)
            {
                Log.BatchFailed(logger, target.TargetId, exception);
            }
        }
        finally
        {
            batches.TryRemove(target.TargetId, out _);
            ended.SetResult();
            batchEnded.Raise();
        }
    }

    private sealed record Batch(string Host, bool IsFailing, Task Task);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Could not forward notifications to relay target {Target}; will retry.")]
        public static partial void BatchFailed(ILogger logger, string target, Exception exception);

        [LoggerMessage(
            LogLevel.Error,
            "Set aside {Count} notifications for relay target {Target}: it did not accept them within Relay:MaxAge. Run `relay resend`."
        )]
        public static partial void Expired(ILogger logger, int count, string target);
    }
}
