using System.Data.Common;
using System.Globalization;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Model;

/// <summary>The process ended here. No stage may catch it.</summary>
internal sealed class KilledException() : OperationCanceledException("The hub was killed.");

/// <summary>A database on virtual time, whose process dies at a chosen write: just before or just after the commit.</summary>
internal sealed class MortalDatabase(StorageOptions options, TimeProvider time) : Database("Sqlite")
{
    private readonly SqliteDatabase inner = new(options);
    private int writesLeft = int.MaxValue;
    private bool diesCommitted;

    public override string Place => inner.Place;

    public override bool Exists => inner.Exists;

    /// <summary>The process dies at its n-th write from now, once it is committed or without.</summary>
    public void KillAt(int write, bool committed)
    {
        writesLeft = write;
        diesCommitted = committed;
    }

    public void Spare() => writesLeft = int.MaxValue;

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
        var dies = --writesLeft <= 0;
        var result = await inner.WriteAsync(
            async transaction =>
            {
                var done = await work(new WriteTransaction(this, transaction.Connection));
                return dies && !diesCommitted ? throw new KilledException() : done;
            },
            cancellationToken
        );
        return dies ? throw new KilledException() : result;
    }

    public override Task<IReadOnlyList<long>> AppendEventsAsync(
        WriteTransaction transaction,
        IReadOnlyCollection<NewEvent> events
    ) => inner.AppendEventsAsync(transaction, events);

    public override Task<AppendOutcome> AppendAsync(NotificationAppend append) => inner.AppendAsync(append);

    public override string Sql(string name) =>
        base.Sql(name)
            .Replace(
                "cast(unixepoch('subsec') * 1000 as integer)",
                time.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture),
                StringComparison.Ordinal
            );

    public override ValueTask DisposeAsync() => inner.DisposeAsync();
}
