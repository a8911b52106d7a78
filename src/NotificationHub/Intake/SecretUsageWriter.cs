using System.Collections.Concurrent;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// Writes down every few seconds which secrets were used, in bulk: a write for each post would cost the intake. A process that is killed
/// forgets the counts of those seconds, and no post.
/// </summary>
internal sealed class SecretUsageWriter(
    Database database,
    LocationCredentialCache gates,
    TimeProvider time,
    ILogger<SecretUsageWriter> logger
) : PeriodicWorker("store which secrets were used", TimeSpan.FromSeconds(5), time, logger)
{
    private const int ChunkRows = 100;

    /// <summary>Writes down what was counted since the last time.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        for (var left = gates.Touched.Count; left > 0; left -= ChunkRows)
        {
            var chunk = Take(gates.Touched, Math.Min(left, ChunkRows));
            try
            {
                await database.WriteAsync(transaction => AddAsync(transaction, chunk), cancellationToken);
            }
            catch
            {
                chunk.ForEach(pair => pair.Use.PutBack(pair.Tally));
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

    private static List<(SecretUsage Use, SecretUseCount Tally)> Take(ConcurrentQueue<SecretUsage> touched, int most)
    {
        List<(SecretUsage, SecretUseCount)> chunk = [];
        while (chunk.Count < most && touched.TryDequeue(out var use))
        {
            chunk.Add((use, use.Take()));
        }

        return chunk;
    }

    private static async Task AddAsync(
        WriteTransaction transaction,
        List<(SecretUsage Use, SecretUseCount Tally)> chunk
    )
    {
        foreach (var (_, tally) in chunk)
        {
            await transaction.ExecuteAsync(
                """
                update notification_secret
                set use_count = use_count + @Count, proven_count = proven_count + @ProvenCount,
                    last_used_at = case when last_used_at > @LastAt then last_used_at else @LastAt end,
                    proven_at = case when @ProvenAt = 0 or proven_at > @ProvenAt then proven_at else @ProvenAt end
                where secret_id = @SecretId
                """,
                tally
            );
        }
    }
}
