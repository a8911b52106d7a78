using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>
/// Runs each stage's transaction twice and keeps the second run, as the lane of SQL Server does where the first one meets another
/// transaction: work must have no effect but through its transaction.
/// </summary>
internal sealed class EveryWriteTwice(Database inner) : DelegatingDatabase(inner)
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
            // Nothing of it was kept.
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
