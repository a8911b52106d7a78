using System.Diagnostics;
using Dapper;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Where posts wait for their batch: one batch at a time for each replica, each in one round trip. A batch whose outcome is unknown is sent again:
/// what the first try has kept is found by its id and digest, and answered alike.
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

    public int Waiting => queue.Waiting.Posts;

    public void Start()
    {
        // It sleeps until there are posts: a thread of its own, so that it takes none of the pool's.
        thread = new Thread(Loop) { IsBackground = true, Name = "post lane" };
        thread.Start();
    }

    public Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        if (thread is null || !queue.TryEnqueue(append))
        {
            append.SetException(
                new StorageUnavailableException("The write lane is closed, or too many posts wait for it.")
            );
        }

        return append.Task;
    }

    /// <summary>Writes what has been taken in, then ends.</summary>
    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        queue.Close();
        // What cannot be written by now is answered 503.
        closing.CancelAfter(database.Patience);
        thread?.Join();
        connection?.Dispose();
        closing.Dispose();
    }

    private void Loop()
    {
        List<NotificationAppend> batch = [];
        while (queue.Take(batch, out _))
        {
            if (batch.Count > 0)
            {
                // The lane's own thread, which has nothing else to do meanwhile.
                RunAsync([.. batch]).GetAwaiter().GetResult();
            }
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

        // Outside of the try: the batch is committed, and a failure from here on must not be answered 503.
        AppendCompletion.Complete(batch, outcomes, database.Signals.NotificationsAppended);
    }

    private async Task<AppendOutcome[]> AppendAsync(NotificationBatch batch)
    {
        var parameters = new
        {
            Rows = batch.Rows(),
            Bodies = new Blob(batch.Bodies()),
            Patience = (int)database.Patience.TotalMilliseconds,
        };
        var retry = new Retry(time);
        while (true)
        {
            var begun = Stopwatch.GetTimestamp();
            try
            {
                connection ??= await database.OpenWriterAsync(closing.Token);
                await using var answer = await connection.QueryMultipleAsync(
                    new CommandDefinition(
                        database.Sql("AppendNotifications"),
                        parameters,
                        commandTimeout: (int)Math.Ceiling(database.Patience.TotalSeconds) + 5,
                        cancellationToken: closing.Token
                    )
                );
                var rows = (await answer.ReadAsync<QueuedNotification>()).AsList();
                var outcomes = batch.Outcomes(rows, (await answer.ReadAsync<long>()).AsList());
                metrics?.Committed(begun);
                return outcomes;
            }
            catch (Exception exception)
            {
                await ForgetAsync();
                if (!SqlServerErrorCodes.IsPassing(exception) || !await retry.PauseAsync(closing.Token))
                {
                    throw;
                }
            }
        }
    }

    // Whatever the transaction was, it ends with its connection.
    private async Task ForgetAsync()
    {
        if (connection is { } broken)
        {
            connection = null;
            await broken.DisposeAsync();
        }
    }
}
