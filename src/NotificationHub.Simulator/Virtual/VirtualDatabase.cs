using System.Data.Common;
using System.Globalization;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Simulator.Virtual;

/// <summary>A SQLite database whose clock is the given one.</summary>
#pragma warning disable MA0053 // The tests make one of it that dies.
internal class VirtualDatabase(StorageOptions options, TimeProvider time) : Database("Sqlite")
#pragma warning restore MA0053
{
    private readonly SqliteDatabase inner = new(options);

    public StorageOptions Options => options;

    public override string Place => inner.Place;

    public override bool Exists => inner.Exists;

    public override long? WalPages => inner.WalPages;

    /// <summary>Leases are judged by virtual time too, and nobody renews them.</summary>
    public static StorageOptions OptionsOf(string file) =>
        new() { ConnectionString = $"Data Source={file}", LeaseDuration = TimeSpan.FromDays(10_000) };

    public override Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        inner.OpenBesideAsync(cancellationToken);

    public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken) =>
        inner.OpenReaderAsync(cancellationToken);

    public override async Task<T> WriteAsync<T>(
        Func<WriteTransaction, Task<T>> work,
        CancellationToken cancellationToken
    )
    {
        WriteTransaction? ran = null;
        var result = await inner.WriteAsync(
            transaction => work(ran = new WriteTransaction(this, transaction.Connection)),
            cancellationToken
        );
        ran?.RaisePulses();
        return result;
    }

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    ) => inner.AppendEventsAsync(transaction, events);

    public override async Task<AppendOutcome> AppendAsync(NotificationAppend append)
    {
        var outcome = await inner.AppendAsync(append);
        Pulses.NotificationsAppended.Raise();
        return outcome;
    }

    public override Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) =>
        inner.MigrateAsync(cancellationToken);

    public override Task ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    ) => inner.ImportAsync(table, columns, rows, cancellationToken);

    public override bool IsDuplicateKey(Exception exception) => inner.IsDuplicateKey(exception);

    public override string Sql(string name) =>
        base.Sql(name)
            .Replace(
                "cast(unixepoch('subsec') * 1000 as integer)",
                time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            );

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
