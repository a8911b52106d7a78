using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// Appends events within a stage's transaction. Every notification becomes at least one, so this insert is as hot as the
/// intake's: 2 µs a row and no garbage, where Dapper takes 13 µs and 7.7 KB.
/// </summary>
internal sealed class SqliteEventAppender(SqliteConnection connection, Database database) : IDisposable
{
    private readonly SqliteStatement insert = new(connection, database.Sql("AppendEvent"));

    public List<long> Append(IReadOnlyCollection<NewEvent> events)
    {
        List<long> seqs = new(events.Count);
        foreach (var entry in events)
        {
            Insert(entry);
            seqs.Add(raw.sqlite3_last_insert_rowid(connection.Handle));
        }

        return seqs;
    }

    public void Dispose() => insert.Dispose();

    private void Insert(NewEvent entry)
    {
        insert.BindText(1, entry.Topic);
        insert.BindText(2, entry.Type);
        insert.BindText(3, entry.LocationId);
        insert.BindText(4, entry.Subject);
        insert.Bind(5, entry.NotificationSeq);
        insert.BindBlob(6, entry.Data);
        insert.BindText(7, entry.Action);
        insert.BindText(8, entry.Result);
        insert.BindText(9, entry.Change);
        insert.BindText(10, entry.Cause);
        insert.BindText(11, entry.AdamId);
        insert.BindText(12, entry.CorrelationId);
        insert.Bind(13, entry.Conflict ? 1 : 0);
        insert.BindText(14, entry.Traceparent);
        insert.Bind(15, entry.CreatedAt);
        insert.Run();
    }
}
