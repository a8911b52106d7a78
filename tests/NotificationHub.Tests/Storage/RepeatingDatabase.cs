using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>
/// Runs each stage transaction twice and commits the second run, as the SQL Server writer does after a conflict: the work must have no
/// effect outside its transaction.
/// </summary>
internal sealed class RepeatingDatabase(Database inner) : DelegatingDatabase(inner)
{
    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await Inner.WriteAsync<T>(
                async transaction =>
                {
                    await work(transaction);
                    throw new UndoneException();
                },
                cancellationToken
            );
        }
        catch (UndoneException)
        {
            // Nothing was committed.
        }

        return await Inner.WriteAsync(work, cancellationToken);
    }

    public override async Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        var outcome = await Inner.AppendAsync(append);
        Signals.NotificationsAppended.Raise();
        return outcome;
    }

    private sealed class UndoneException : Exception;
}
