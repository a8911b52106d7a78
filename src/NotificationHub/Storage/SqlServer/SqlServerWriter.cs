using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Data.SqlClient;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// A few connections that the stages' transactions take turns on. What fails for a reason that passes is done again from its beginning; work
/// must therefore have no effect but through its transaction.
/// </summary>
internal sealed class SqlServerWriter(SqlServerDatabase database, StorageMetrics? metrics, TimeProvider time)
    : IAsyncDisposable
{
    private const int Connections = 8;

    /// <summary>So many may be at the same rows at once.</summary>
    private const int MostDuplicates = 3;

    private readonly SemaphoreSlim turns = new(Connections, Connections);
    private readonly ConcurrentBag<WriteConnection> idle = [];
    private volatile bool open;
    private int waiting;

    /// <summary>Transactions that wait for a connection.</summary>
    public int Waiting => Volatile.Read(ref waiting);

    public void Open() => open = true;

    public async Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(cancellationToken);
        try
        {
            return await TryAsync(work, cancellationToken);
        }
        finally
        {
            turns.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        open = false;
        // All turns: nobody is left who would put one back.
        for (var i = 0; i < Connections; i++)
        {
            await turns.WaitAsync(CancellationToken.None);
        }

        await CloseIdleAsync();
        turns.Release(Connections);
    }

    private async Task CloseIdleAsync()
    {
        while (idle.TryTake(out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    private async Task TakeTurnAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await turns.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    private async Task<T> TryAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        var retry = new Retry(time);
        var duplicates = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!open)
            {
                throw new StorageUnavailableException("The write lane is closed.");
            }

            var attempt = new TransactionAttempt<T>(work, metrics);
            var fault = await attempt.RunAsync(TakeAsync, idle.Add, cancellationToken);
            if (
                fault is null
                || (
                    attempt.IsUncertain
                    && !SqlServerErrorCodes.IsEndedTransaction(fault)
                    && await WasCommittedAsync(attempt, cancellationToken)
                )
            )
            {
                return attempt.Complete();
            }

            if (attempt.HasLostConnection)
            {
                // What broke one has broken those that wait: each of them would cost a try.
                await CloseIdleAsync();
            }

            // Two that insert the same row at once: the second finds it when it looks again.
            var again =
                SqlServerErrorCodes.IsPassing(fault)
                || (SqlServerErrorCodes.IsDuplicateKey(fault) && duplicates++ < MostDuplicates);
            if (!again || !await retry.PauseAsync(cancellationToken))
            {
                ExceptionDispatchInfo.Throw(Translate(fault, attempt.HasBegun));
            }
        }
    }

    private async Task<WriteConnection> TakeAsync(CancellationToken cancellationToken)
    {
        while (idle.TryTake(out var known))
        {
            if (known.IsUsable)
            {
                return known;
            }

            await known.DisposeAsync();
        }

        return await WriteConnection.OpenAsync(database, time, cancellationToken);
    }

    /// <summary>Tells a store that cannot be written to now from a statement that is wrong.</summary>
    internal static Exception Translate(Exception fault, bool hasBegun) =>
        // If a key is still a duplicate after all tries, the caller may expect that: see Database.IsDuplicateKey.
        SqlServerErrorCodes.IsUnavailable(fault)
        || SqlServerErrorCodes.IsDuplicateKey(fault)
        || (fault is SqlException && !hasBegun)
            ? new StorageUnavailableException(
                $"SQL Server refused the write: {SqlServerErrorCodes.Describe(fault)}",
                fault
            )
            : fault;

    /// <summary>Asks the mark, as long as it takes to be answered: what is not known may neither be done again nor be called failed.</summary>
    private async Task<bool> WasCommittedAsync<T>(TransactionAttempt<T> attempt, CancellationToken cancellationToken)
    {
        var retry = new Retry(time);
        while (true)
        {
            try
            {
                await using var connection = await database.OpenWriterAsync(cancellationToken);
                return await WriteConnection.SettleAsync(connection, attempt.Sign.Mark) == attempt.Sign.Number;
            }
            catch (Exception exception) when (SqlServerErrorCodes.IsPassing(exception))
            {
                if (!await retry.PauseAsync(cancellationToken))
                {
                    throw new StorageUnavailableException(
                        "The connection to SQL Server was lost during a commit, and the server cannot be asked whether it was kept.",
                        exception
                    );
                }
            }
        }
    }
}
