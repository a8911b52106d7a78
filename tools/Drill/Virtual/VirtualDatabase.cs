using System.Data.Common;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Drill.Virtual;

/// <summary>A SQLite database that uses the given clock.</summary>
#pragma warning disable MA0053 // A test derives a database that dies.
internal class VirtualDatabase(StorageOptions options, TimeProvider time)
    : DelegatingDatabase(new SqliteDatabase(options))
#pragma warning restore MA0053
{
    private const string Now = "virtual_now";

    public StorageOptions Options => options;

    /// <summary>Options with leases that do not expire, because no worker renews them on virtual time.</summary>
    public static StorageOptions CreateOptions(string file) =>
        new() { ConnectionString = $"Data Source={file}", LeaseDuration = TimeSpan.FromDays(10_000) };

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        WriteTransaction? ran = null;
        var result = await Inner.WriteAsync(
            async transaction =>
            {
                ran = new WriteTransaction(this, WithClock(transaction.Connection));
                var done = await work(ran);
                await ran.WriteEventsAsync();
                return done;
            },
            cancellationToken
        );
        ran?.RunAfterCommit();
        return result;
    }

    public override async Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        var outcome = await Inner.AppendAsync(append);
        Signals.NotificationsAppended.Raise();
        return outcome;
    }

    public override string Sql(string name) =>
        base.Sql(name).Replace("cast(unixepoch('subsec') * 1000 as integer)", $"{Now}()", StringComparison.Ordinal);

    public override async Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken) =>
        WithClock(await base.OpenReaderAsync(cancellationToken));

    // A function instead of the time itself: Dapper compiles code for each new statement.
    private DbConnection WithClock(DbConnection connection)
    {
        ((SqliteConnection)connection).CreateFunction(Now, () => time.GetUtcNow().ToUnixTimeMilliseconds());
        return connection;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await Inner.DisposeAsync();
    }
}
