using System.Security.Cryptography;
using NotificationHub.Hosting;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Relay;

/// <summary>When the next batch of a target may begin. A new owner of the lease starts without pauses.</summary>
internal sealed class TargetBackoff(Random random, TimeProvider time)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(1);

    private int failures;
    private long waitStart;
    private TimeSpan wait;
    private byte[]? secret;

    public bool IsFailing => failures > 0;

    public RelayFailure? LastFailure { get; private set; }

    /// <summary>The number of the target's last batch among all batches; 0 if it had none.</summary>
    public long LastBatch { get; set; }

    /// <summary>Whether a batch may begin. A new secret, a start and a resend end the pause.</summary>
    public bool IsReady(ScheduledTarget target)
    {
        if (!secret.AsSpan().SequenceEqual(target.Secret) || (LastFailure is not null && target.Failure is null))
        {
            Succeeded();
        }

        secret = target.Secret;
        return time.GetElapsedTime(waitStart) >= wait;
    }

    public void Succeeded()
    {
        (failures, wait) = (0, TimeSpan.Zero);
        LastFailure = null;
    }

    public void Failed(RelayFailure? failure, TimeSpan? retryAfter)
    {
        LastFailure = failure;
        var pause = Backoff.PauseAfter(failures++, least: 0.5, most: 1, random);
        var requested = retryAfter < LongestRetryAfter ? retryAfter.Value : LongestRetryAfter;
        (waitStart, wait) = (time.GetTimestamp(), retryAfter is null || requested < pause ? pause : requested);
    }
}

/// <summary>Sends a target's deliveries, one at a time, in the order of the log, and stores the outcome of the batch.</summary>
internal sealed partial class RelaySender(
    Database database,
    RelayClient client,
    ContentTokenProtector protector,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger<RelaySender> logger
)
{
    private const int MaxRows = 32;
    private const int MaxAttempts = 3;

    // Then other targets can send, and what was accepted is stored.
    private static readonly TimeSpan MaxBatchTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CommitMargin = TimeSpan.FromSeconds(1);

    public async Task SendBatchAsync(
        Lease lease,
        ScheduledTarget target,
        TargetBackoff backoff,
        CancellationToken cancellationToken
    )
    {
        var pending = await database.ReadAsync(
            connection => connection.ReadPendingAsync(target.TargetId, MaxRows),
            cancellationToken
        );
        var started = time.GetTimestamp();
        List<long> delivered = [];
        RelayResponse? last = null;
        try
        {
            foreach (var delivery in pending)
            {
                if (time.GetElapsedTime(started) >= MaxBatchTime || !lease.HasLeft(CommitMargin))
                {
                    break;
                }

                var entry = await database.ReadAsync(
                    connection => NotificationLog.FindAsync(connection, delivery.Seq),
                    cancellationToken
                );
                if (entry is not null)
                {
                    last = await SendAsync(target, entry, cancellationToken);
                    if (last.Failure is not null)
                    {
                        await FailAsync(lease, target, delivered, delivery, last, backoff);
                        return;
                    }

                    metrics.Delivered(target.TargetId, entry.ReceivedAt, time.GetStoredUtcNow());
                }

                delivered.Add(delivery.Seq);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What the target has accepted is stored below, unless the lease was lost.
        }

        await SucceedAsync(lease, target, delivered, last, backoff);
    }

    private async Task SucceedAsync(
        Lease lease,
        ScheduledTarget target,
        List<long> delivered,
        RelayResponse? last,
        TargetBackoff backoff
    )
    {
        if (delivered.Count == 0)
        {
            return;
        }

        await database.SaveAsync(
            lease,
            new RelayBatch(target.TargetId, delivered, Failed: null, false, last),
            time.GetStoredUtcNow()
        );
        if (backoff.LastFailure is not null)
        {
            Log.Recovered(logger, target.TargetId);
        }

        backoff.Succeeded();
    }

    private async Task FailAsync(
        Lease lease,
        ScheduledTarget target,
        List<long> delivered,
        PendingDelivery failed,
        RelayResponse response,
        TargetBackoff backoff
    )
    {
        if (delivered.Count > 0)
        {
            backoff.Succeeded();
        }

        var isSetAside = response.Failure == RelayFailure.Rejected && failed.Rejections + 1 >= MaxAttempts;
        await database.SaveAsync(
            lease,
            new RelayBatch(target.TargetId, delivered, failed.Seq, isSetAside, response),
            time.GetStoredUtcNow()
        );
        metrics.Failed(target.TargetId, response.Failure!.Value);
        if (isSetAside)
        {
            Log.SetAside(logger, target.TargetId, failed.Seq, response.Describe());
            backoff.Succeeded();
            return;
        }

        if (backoff.LastFailure != response.Failure)
        {
            Log.Failed(logger, target.TargetId, response.Describe());
        }

        backoff.Failed(response.Failure, response.RetryAfter);
    }

    private async Task<RelayResponse> SendAsync(
        ScheduledTarget target,
        NotificationEntry entry,
        CancellationToken cancellationToken
    )
    {
        RelaySecret? secret;
        try
        {
            secret = target.Secret is null ? null : protector.UnprotectRelaySecret(target.Secret);
        }
        catch (CryptographicException)
        {
            return new RelayResponse(RelayFailure.SecretUnreadable);
        }

        return await client.SendAsync(
            new Uri(target.Url),
            secret,
            new RelayMessage(entry.Body, entry.ContentType ?? NotificationLog.UsualContentType, entry.UserAgent),
            cancellationToken
        );
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Relay target {Target} does not accept notifications ({Error}). They wait; will retry with backoff."
        )]
        public static partial void Failed(ILogger logger, string target, string error);

        [LoggerMessage(LogLevel.Information, "Relay target {Target} accepts notifications again.")]
        public static partial void Recovered(ILogger logger, string target);

        [LoggerMessage(
            LogLevel.Error,
            "Relay target {Target} rejected notification {Seq} ({Error}). It is set aside; later ones continue. Fix the cause, then run `relay resend`."
        )]
        public static partial void SetAside(ILogger logger, string target, long seq, string error);
    }
}
