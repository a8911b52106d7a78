using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Lets somebody else in between what a stage has read and what it writes.</summary>
internal sealed class MeddledDatabase(Database inner) : DelegatingDatabase(inner)
{
    private Func<Database, Task>? meddle;

    /// <summary>Runs it before the next transaction.</summary>
    public void BeforeNextWrite(Func<Database, Task> act) => meddle = act;

    public void BeforeNextWrite(string sql) =>
        BeforeNextWrite(database =>
            database.WriteAsync(transaction => transaction.ExecuteAsync(sql), CancellationToken.None)
        );

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        if (Interlocked.Exchange(ref meddle, null) is { } act)
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
