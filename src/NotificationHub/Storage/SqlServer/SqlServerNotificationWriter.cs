using System.Diagnostics;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Appends notifications: one batch at a time per replica, each in one round trip. A batch with an unknown outcome is sent
/// again: the statement recognizes notifications that the first attempt stored by ID and digest.
/// </summary>
internal sealed class SqlServerNotificationWriter(
    SqlServerDatabase database,
    StorageMetrics? metrics,
    TimeProvider time
) : IDisposable
{
    private readonly WriteQueue queue = new();
    private readonly CancellationTokenSource closing = new();
    private Thread? thread;
    private SqlConnection? connection;
    private bool disposed;

    public int QueueLength => queue.Lengths.Notifications;

    public void Start()
    {
        // A dedicated thread: it sleeps until notifications arrive, and must not block a thread of the pool.
        thread = new Thread(Loop) { IsBackground = true, Name = "notification writer" };
        thread.Start();
    }

    public Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        if (thread is null || !queue.TryEnqueue(append))
        {
            append.SetException(new StorageUnavailableException("The writer is closed, or its queue is full."));
        }

        return append.Task;
    }

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        queue.Close();
        // Intake responds 503 to notifications that are not written by then.
        closing.CancelAfter(database.LockTimeout);
        thread?.Join();
        connection?.Dispose();
        closing.Dispose();
    }

    private void Loop()
    {
        List<NotificationAppend> batch = [];
        while (queue.BeginNextRound(batch, out _))
        {
            if (batch.Count > 0)
            {
                // This dedicated thread has nothing else to do.
                RunAsync([.. batch]).GetAwaiter().GetResult();
                batch.Clear();
            }

            queue.EndRound();
        }
    }

    private async Task RunAsync(NotificationAppend[] batch)
    {
        AppendOutcome[] outcomes;
        try
        {
            outcomes = await AppendAsync(new NotificationBatch(batch));
        }
        // Every caller of the batch must get the failure, and the writer must continue.
        catch (Exception exception)
        {
            AppendCompletion.Fail(batch, exception);
            return;
        }

        // Outside the try block: the batch is committed, so a failure must not lead to a 503.
        AppendCompletion.Complete(batch, outcomes, database.Signals.NotificationsAppended);
    }

    private async Task<AppendOutcome[]> AppendAsync(NotificationBatch batch)
    {
        var parameters = new
        {
            Rows = batch.Rows(),
            Bodies = new Blob(batch.Bodies()),
            Patience = (int)database.LockTimeout.TotalMilliseconds,
        };
        var retry = new Retry(time);
        while (true)
        {
            var startedAt = Stopwatch.GetTimestamp();
            try
            {
                connection ??= await database.OpenWriterAsync(closing.Token);
                await using var response = await connection.QueryMultipleAsync(
                    new CommandDefinition(
                        database.Sql("AppendNotifications"),
                        parameters,
                        commandTimeout: (int)Math.Ceiling(database.LockTimeout.TotalSeconds) + 5,
                        cancellationToken: closing.Token
                    )
                );
                var rows = (await response.ReadAsync<QueuedNotification>()).AsList();
                var outcomes = batch.Outcomes(rows, (await response.ReadAsync<long>()).AsList());
                metrics?.Committed(startedAt);
                return outcomes;
            }
            catch (Exception exception)
            {
                await CloseAsync();
                if (!SqlServerErrorCodes.IsTransient(exception) || !await retry.PauseAsync(closing.Token))
                {
                    throw;
                }
            }
        }
    }

    // Closing the connection ends its transaction.
    private async Task CloseAsync()
    {
        if (connection is { } broken)
        {
            connection = null;
            await broken.DisposeAsync();
        }
    }
}
