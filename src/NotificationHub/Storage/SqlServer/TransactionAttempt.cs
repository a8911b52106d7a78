using System.Diagnostics;

namespace NotificationHub.Storage.SqlServer;

internal sealed class TransactionAttempt<T>(Func<WriteTransaction, Task<T>> work, StorageMetrics? metrics)
{
    private WriteTransaction? transaction;
    private T result = default!;

    public bool HasBegun => transaction is not null;

    public bool IsUncertain { get; private set; }

    public bool HasLostConnection { get; private set; }

    /// <summary>The connection's commit token, and the number that it has if the commit succeeded.</summary>
    public (long Id, long Number) CommitToken { get; private set; }

    /// <returns>The failure; null if the transaction was committed.</returns>
    public async Task<Exception?> RunAsync(
        Func<CancellationToken, Task<WriteConnection>> take,
        Action<WriteConnection> release,
        CancellationToken cancellationToken
    )
    {
        WriteConnection? connection = null;
        try
        {
            connection = await take(cancellationToken);
            var startedAt = Stopwatch.GetTimestamp();
            transaction = await connection.BeginAsync();
            result = await work(transaction);
            await transaction.WriteEventsAsync();
            IsUncertain = true;
            await connection.CommitAsync();
            metrics?.Committed(startedAt);
            release(connection);
            return null;
        }
        // The writer decides whether to retry.
        catch (Exception exception)
        {
            if (connection is not null)
            {
                CommitToken = (connection.TokenId, connection.Number);
                await EndAsync(connection, release);
            }

            return exception;
        }
    }

    public T Complete()
    {
        transaction?.RunAfterCommit();
        return result;
    }

    private async Task EndAsync(WriteConnection connection, Action<WriteConnection> release)
    {
        // After a failed commit, the state of the connection is unknown: closing it releases its locks.
        if (!IsUncertain && await TryRollBackAsync(connection))
        {
            release(connection);
            return;
        }

        HasLostConnection = true;
        await connection.DisposeAsync();
    }

    private static async Task<bool> TryRollBackAsync(WriteConnection connection)
    {
        try
        {
            await connection.RollBackAsync();
            return connection.IsUsable;
        }
        // The caller reports the first failure.
        catch (Exception)
        {
            return false;
        }
    }
}
