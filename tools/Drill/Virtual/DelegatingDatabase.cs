using System.Data.Common;
using NotificationHub.Storage;

namespace NotificationHub.Drill.Virtual;

/// <summary>Delegates to another database, except for what is overridden.</summary>
internal abstract class DelegatingDatabase(Database inner) : Database(inner.Engine)
{
    protected Database Inner => inner;

    public override string DisplayName => inner.DisplayName;

    public override bool Exists => inner.Exists;

    public override long? WalPages => inner.WalPages;

    public override RecentRows<NotificationEntry> RecentNotifications => inner.RecentNotifications;

    public override RecentRows<NewEvent> RecentEvents => inner.RecentEvents;

    public override Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public override Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellationToken) =>
        inner.MigrateAsync(cancellationToken);

    public override Task AdvanceSequencesAsync(long notifications, long events, CancellationToken cancellationToken) =>
        inner.AdvanceSequencesAsync(notifications, events, cancellationToken);

    public override Task<long> ImportAsync(
        string table,
        IReadOnlyList<string> columns,
        DbDataReader rows,
        CancellationToken cancellationToken
    ) => inner.ImportAsync(table, columns, rows, cancellationToken);

    public override Task OpenBesideAsync(CancellationToken cancellationToken) =>
        inner.OpenBesideAsync(cancellationToken);

    public override Task<DbConnection> OpenReaderAsync(CancellationToken cancellationToken) =>
        inner.OpenReaderAsync(cancellationToken);

    public override Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        inner.WriteAsync(work, cancellationToken);

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => inner.AppendAsync(append);

    public override bool IsDuplicateKey(Exception exception) => inner.IsDuplicateKey(exception);

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyList<NewEvent> events
    ) => inner.AppendEventsAsync(transaction, events);

    public override Task InsertRowsAsync(WriteTransaction transaction, string name, IReadOnlyList<object?[]> rows) =>
        inner.InsertRowsAsync(transaction, name, rows);

    public override Task RecordLogChangeAsync(WriteTransaction transaction) => inner.RecordLogChangeAsync(transaction);

    // The creator of the inner database disposes it.
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
