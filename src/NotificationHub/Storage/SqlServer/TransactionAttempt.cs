using System.Diagnostics;

namespace NotificationHub.Storage.SqlServer;

/// <summary>One try of a transaction.</summary>
internal sealed class TransactionAttempt<T>(Func<WriteTransaction, Task<T>> work, StorageMetrics? metrics)
{
    private WriteTransaction? transaction;
    private T result = default!;

    public bool HasBegun => transaction is not null;

    /// <summary>The commit was sent, and its answer is not known.</summary>
    public bool IsUncertain { get; private set; }

    /// <summary>The connection was of no more use.</summary>
    public bool HasLostConnection { get; private set; }

    /// <summary>The mark of the connection that was used, and the number that it has if the commit came to its end.</summary>
    public (long Mark, long Number) Sign { get; private set; }

    /// <param name="take">Takes a connection.</param>
    /// <param name="giveBack">Puts it back, where it can be used again.</param>
    /// <param name="cancellationToken">Gives up before the transaction.</param>
    /// <returns>Why it failed; null where it is committed.</returns>
    public async Task<Exception?> RunAsync(
        Func<CancellationToken, Task<WriteConnection>> take,
        Action<WriteConnection> giveBack,
        CancellationToken cancellationToken
    )
    {
        WriteConnection? connection = null;
        try
        {
            connection = await take(cancellationToken);
            var begun = Stopwatch.GetTimestamp();
            transaction = await connection.BeginAsync();
            result = await work(transaction);
            await transaction.WriteEventsAsync();
            IsUncertain = true;
            await connection.CommitAsync();
            metrics?.Committed(begun);
            giveBack(connection);
            return null;
        }
        // The writer decides whether to retry.
        catch (Exception exception)
        {
            if (connection is not null)
            {
                Sign = (connection.Mark, connection.Number);
                await EndAsync(connection, giveBack);
            }

            return exception;
        }
    }

    public T Complete()
    {
        transaction?.RaisePulses();
        return result;
    }

    private async Task EndAsync(WriteConnection connection, Action<WriteConnection> giveBack)
    {
        // After a commit that failed nothing is known of the connection: it is closed, which ends whatever it holds.
        if (!IsUncertain && await TryRollBackAsync(connection))
        {
            giveBack(connection);
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
        // The first failure is the one to report.
        catch (Exception)
        {
            return false;
        }
    }
}
