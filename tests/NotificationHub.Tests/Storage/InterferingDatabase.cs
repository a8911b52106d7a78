using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Runs another write between a stage's read and its write.</summary>
internal sealed class InterferingDatabase(Database inner) : DelegatingDatabase(inner)
{
    private Func<Database, Task>? interference;

    /// <summary>Runs it before the next transaction.</summary>
    public void BeforeNextWrite(Func<Database, Task> act) => interference = act;

    public void BeforeNextWrite(string sql) =>
        BeforeNextWrite(database =>
            database.WriteAsync(transaction => transaction.ExecuteAsync(sql), CancellationToken.None)
        );

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (Interlocked.Exchange(ref interference, null) is { } act)
        {
            await act(Inner);
        }

        return await Inner.WriteAsync(work, cancellationToken);
    }

    public override async Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        var outcome = await Inner.AppendAsync(append);
        Signals.NotificationsAppended.Raise();
        return outcome;
    }
}
