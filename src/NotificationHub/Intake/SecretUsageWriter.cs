using System.Collections.Concurrent;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>The notifications that arrived with a secret since its counts were last stored.</summary>
/// <param name="ProvenAt">When the last one arrived that was not a test; null if none.</param>
/// <param name="ProvenCount">How many were not tests.</param>
internal readonly record struct SecretUsageCounts(
    long SecretId,
    long Count,
    DateTimeOffset LastAt,
    DateTimeOffset? ProvenAt,
    long ProvenCount
);

/// <summary>Counts the notifications that arrive with one secret, and enqueues itself when there is something to store.</summary>
internal sealed class SecretUsage(long secretId, ConcurrentQueue<SecretUsage> used)
{
    private long count;
    private long lastAt;
    private long provenAt;
    private long provenCount;

    public long SecretId => secretId;

    public void Record(DateTimeOffset at, bool isTest)
    {
        Volatile.Write(ref lastAt, at.ToStored());
        if (!isTest)
        {
            Volatile.Write(ref provenAt, at.ToStored());
            Interlocked.Increment(ref provenCount);
        }

        Add(1);
    }

    public SecretUsageCounts Take() =>
        new(
            secretId,
            Interlocked.Exchange(ref count, 0),
            StoredTime.FromStored(Volatile.Read(ref lastAt)),
            Interlocked.Exchange(ref provenAt, 0) is var at and not 0 ? StoredTime.FromStored(at) : null,
            Interlocked.Exchange(ref provenCount, 0)
        );

    public void Return(SecretUsageCounts counts)
    {
        Interlocked.CompareExchange(ref provenAt, counts.ProvenAt?.ToStored() ?? 0, 0);
        Interlocked.Add(ref provenCount, counts.ProvenCount);
        Add(counts.Count);
    }

    private void Add(long notifications)
    {
        if (Interlocked.Add(ref count, notifications) == notifications)
        {
            used.Enqueue(this);
        }
    }
}

/// <summary>Stores every few seconds which secrets were used: a write for each notification would slow down the intake.</summary>
internal sealed class SecretUsageWriter(
    Database database,
    LocationCredentialCache credentials,
    TimeProvider time,
    ILogger<SecretUsageWriter> logger
) : PeriodicWorker("store which secrets were used", TimeSpan.FromSeconds(5), time, logger)
{
    private const int ChunkRows = 100;

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        for (var left = credentials.Used.Count; left > 0; left -= ChunkRows)
        {
            var chunk = Take(credentials.Used, Math.Min(left, ChunkRows));
            try
            {
                await database.WriteAsync(transaction => AddAsync(transaction, chunk), cancellationToken);
            }
            catch
            {
                chunk.ForEach(pair => pair.Usage.Return(pair.Counts));
                throw;
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryRunAsync(cancellationToken);
    }

    protected override Task RunAsync(CancellationToken cancellationToken) => WriteAsync(cancellationToken);

    private static List<(SecretUsage Usage, SecretUsageCounts Counts)> Take(
        ConcurrentQueue<SecretUsage> used,
        int maxCount
    )
    {
        List<(SecretUsage, SecretUsageCounts)> chunk = [];
        while (chunk.Count < maxCount && used.TryDequeue(out var usage))
        {
            chunk.Add((usage, usage.Take()));
        }

        return chunk;
    }

    private static async Task AddAsync(
        WriteTransaction transaction,
        List<(SecretUsage Usage, SecretUsageCounts Counts)> chunk
    )
    {
        foreach (var (_, counts) in chunk)
        {
            await transaction.ExecuteAsync(
                """
                update notification_secret
                set use_count = use_count + @Count, proven_count = proven_count + @ProvenCount,
                    last_used_at = case when last_used_at > @LastAt then last_used_at else @LastAt end,
                    proven_at = case when @ProvenAt is null or proven_at > @ProvenAt then proven_at else @ProvenAt end
                where secret_id = @SecretId
                """,
                counts
            );
        }
    }
}
