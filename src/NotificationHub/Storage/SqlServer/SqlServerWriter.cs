using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Microsoft.Data.SqlClient;
using NotificationHub.Hosting;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Runs stage transactions on a small pool of connections. A transient failure repeats the whole transaction, so the work
/// must have no effect outside it.
/// </summary>
internal sealed class SqlServerWriter(SqlServerDatabase database, StorageMetrics? metrics, TimeProvider time)
    : IAsyncDisposable
{
    private const int Connections = 8;

    private const int MaxDuplicates = 3;

    private readonly SemaphoreSlim slots = new(Connections, Connections);
    private readonly ConcurrentBag<WriteConnection> idle = [];
    private volatile bool open;
    private int waiting;

    public int QueueLength => Volatile.Read(ref waiting);

    public void Open() => open = true;

    public async Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        await TakeSlotAsync(cancellationToken);
        try
        {
            return await TryAsync(work, cancellationToken);
        }
        finally
        {
            slots.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        open = false;
        // All slots: no transaction is left that could return a connection.
        for (var i = 0; i < Connections; i++)
        {
            await slots.WaitAsync(CancellationToken.None);
        }

        await CloseIdleAsync();
        slots.Release(Connections);
    }

    private async Task CloseIdleAsync()
    {
        while (idle.TryTake(out var connection))
        {
            await connection.DisposeAsync();
        }
    }

    private async Task TakeSlotAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref waiting);
        try
        {
            await slots.WaitAsync(cancellationToken);
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
                throw new StorageUnavailableException("The writer is closed.");
            }

            var attempt = new TransactionAttempt<T>(work, metrics);
            var failure = await attempt.RunAsync(TakeAsync, idle.Add, cancellationToken);
            if (
                failure is null
                || (
                    attempt.IsUncertain
                    && !SqlServerErrorCodes.IsEndedTransaction(failure)
                    && await WasCommittedAsync(attempt, cancellationToken)
                )
            )
            {
                return attempt.Complete();
            }

            if (attempt.HasLostConnection)
            {
                // The idle connections are probably broken, too: each would cost an attempt.
                await CloseIdleAsync();
            }

            // Another transaction inserted the same row: the retry finds it.
            var again =
                SqlServerErrorCodes.IsTransient(failure)
                || (SqlServerErrorCodes.IsDuplicateKey(failure) && duplicates++ < MaxDuplicates);
            if (!again || !await retry.PauseAsync(cancellationToken))
            {
                ExceptionDispatchInfo.Throw(Translate(failure, attempt.HasBegun));
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

    /// <summary>Distinguishes an unavailable database from a faulty statement.</summary>
    internal static Exception Translate(Exception failure, bool hasBegun) =>
        // The caller may expect a duplicate key: see Database.IsDuplicateKey.
        SqlServerErrorCodes.IsUnavailable(failure)
        || SqlServerErrorCodes.IsDuplicateKey(failure)
        || (failure is SqlException && !hasBegun)
            ? new StorageUnavailableException(
                $"SQL Server refused the write: {SqlServerErrorCodes.Describe(failure)}",
                failure
            )
            : failure;

    // A transaction with an unknown outcome must be neither repeated nor reported as failed.
    private async Task<bool> WasCommittedAsync<T>(TransactionAttempt<T> attempt, CancellationToken cancellationToken)
    {
        var retry = new Retry(time);
        while (true)
        {
            try
            {
                await using var connection = await database.OpenWriterAsync(cancellationToken);
                return await WriteConnection.SettleAsync(connection, attempt.CommitToken.Id)
                    == attempt.CommitToken.Number;
            }
            catch (Exception exception) when (SqlServerErrorCodes.IsTransient(exception))
            {
                if (!await retry.PauseAsync(cancellationToken))
                {
                    throw new StorageUnavailableException(
                        "The connection to SQL Server was lost during a commit, and its outcome cannot be read. The transaction may have been committed.",
                        exception
                    );
                }
            }
        }
    }
}

/// <summary>The pauses between attempts after a transient failure, with jitter, so that replicas do not retry in step.</summary>
internal sealed class Retry(TimeProvider time)
{
    private static readonly Backoff Backoff = new(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(1280));

    // After this, the caller gets the failure. An attempt may itself take seconds.
    private static readonly TimeSpan MaxDuration = TimeSpan.FromSeconds(5);

    private readonly long startedAt = time.GetTimestamp();
    private int attempts;

    /// <returns>False if the time is up.</returns>
    public async Task<bool> PauseAsync(CancellationToken cancellationToken)
    {
        if (time.GetElapsedTime(startedAt) + Backoff.PauseAfter(attempts) > MaxDuration)
        {
            return false;
        }

        await Task.Delay(Backoff.PauseAfter(attempts++, least: 0.5, most: 1, Random.Shared), time, cancellationToken);
        return true;
    }
}
