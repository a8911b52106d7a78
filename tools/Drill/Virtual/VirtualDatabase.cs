using System.Data.Common;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Drill.Virtual;

/// <summary>A SQLite database whose clock is the given one.</summary>
#pragma warning disable MA0053 // The tests make one of it that dies.
internal class VirtualDatabase(StorageOptions options, TimeProvider time)
    : DelegatingDatabase(new SqliteDatabase(options))
#pragma warning restore MA0053
{
    private const string Now = "virtual_now";

    public StorageOptions Options => options;

    /// <summary>Leases are judged by virtual time too, and nobody renews them.</summary>
    public static StorageOptions OptionsOf(string file) =>
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
        ran?.RaisePulses();
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

    // A function, and not the time itself: Dapper compiles code for each statement that it has not seen.
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
