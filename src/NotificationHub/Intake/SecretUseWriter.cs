using System.Collections.Concurrent;
using NotificationHub.Storage;

namespace NotificationHub.Intake;

/// <summary>
/// Writes down every few seconds which secrets were used, in bulk: a write for each post would cost the intake. A process that is killed
/// forgets the counts of those seconds, and no post.
/// </summary>
internal sealed partial class SecretUseWriter(
    Database database,
    LocationGates gates,
    TimeProvider time,
    ILogger<SecretUseWriter> logger
) : BackgroundService
{
    private const int ChunkRows = 100;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

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
        await TryWriteAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await TryWriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is left is written at the stop.
        }
    }

    private async Task TryWriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WriteAsync(cancellationToken);
        }
#pragma warning disable CA1031 // Counts are not worth a stop: they are put back, and written the next time.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.NotWritten(logger, exception);
        }
    }

    private static List<(SecretUse Use, SecretTally Tally)> Take(ConcurrentQueue<SecretUse> touched, int most)
    {
        List<(SecretUse, SecretTally)> chunk = [];
        while (chunk.Count < most && touched.TryDequeue(out var use))
        {
            chunk.Add((use, use.Take()));
        }

        return chunk;
    }

    private static async Task AddAsync(WriteTransaction transaction, List<(SecretUse Use, SecretTally Tally)> chunk)
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

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "Which secrets were used could not be written down now; it is tried again.")]
        public static partial void NotWritten(ILogger logger, Exception exception);
    }
}
