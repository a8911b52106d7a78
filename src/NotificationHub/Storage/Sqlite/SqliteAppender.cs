using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

internal sealed class SqliteAppender(SqliteConnection connection, Database database) : IDisposable
{
    private readonly SqliteStatement findId = new(connection, database.Sql("FindByDedupHash"));
    private readonly SqliteStatement findBody = new(connection, database.Sql("FindByBodyHash"));
    private readonly SqliteStatement insert = new(connection, database.Sql("AppendNotification"));
    private readonly SqliteStatement countRejected = new(connection, database.Sql("CountRejected"));

    public void Append(List<NotificationAppend> batch, List<AppendOutcome> outcomes)
    {
        outcomes.Clear();
        foreach (var append in batch)
        {
            outcomes.Add(AppendOne(append));
        }
    }

    public void Dispose()
    {
        findId.Dispose();
        findBody.Dispose();
        insert.Dispose();
        countRejected.Dispose();
    }

    private AppendOutcome AppendOne(NotificationAppend append)
    {
        var known = IsKnownId(append);
        if (known && FindSameBody(append) is { } seq)
        {
            return new AppendOutcome(AppendResult.Duplicate, seq);
        }

        if (append.Disposition == Disposition.Rejected && CountRejected(append.LocationId) >= append.RejectedQuota)
        {
            return new AppendOutcome(AppendResult.OverQuota, 0);
        }

        // Rejected notifications have no ID, so they cannot conflict.
        var conflict = known && !append.NotificationId.IsEmpty;
        Insert(append, conflict);
        return new AppendOutcome(
            conflict ? AppendResult.StoredAsConflict : AppendResult.Stored,
            raw.sqlite3_last_insert_rowid(connection.Handle)
        );
    }

    private bool IsKnownId(NotificationAppend append)
    {
        findId.Bind(1, append.DedupHash);
        var known = false;
        // Two IDs may have the same hash: compare the row.
        while (!known && findId.Step())
        {
            known = IsOf(append, findId.Bytes(0), findId.Bytes(1));
        }

        findId.Reset();
        return known;
    }

    private long? FindSameBody(NotificationAppend append)
    {
        findBody.Bind(1, append.DedupHash);
        findBody.Bind(2, BodyHash(append));
        long? seq = null;
        while (seq is null && findBody.Step())
        {
            if (
                IsOf(append, findBody.Bytes(1), findBody.Bytes(2)) && findBody.Bytes(3).SequenceEqual(append.BodySha256)
            )
            {
                seq = findBody.Int64(0);
            }
        }

        findBody.Reset();
        return seq;
    }

    private static bool IsOf(
        NotificationAppend append,
        ReadOnlySpan<byte> locationId,
        ReadOnlySpan<byte> notificationId
    ) => locationId.SequenceEqual(append.LocationId) && notificationId.SequenceEqual(append.NotificationId.Span);

    private static long BodyHash(NotificationAppend append) =>
        BinaryPrimitives.ReadInt64LittleEndian(append.BodySha256);

    private long CountRejected(byte[] locationId)
    {
        countRejected.BindText(1, locationId);
        countRejected.Step();
        var count = countRejected.Int64(0);
        countRejected.Reset();
        return count;
    }

    private void Insert(NotificationAppend append, bool conflict)
    {
        insert.BindText(1, append.LocationId);
        insert.Bind(2, append.DedupHash);
        insert.BindText(3, append.NotificationId.Span);
        insert.BindText(4, append.NotificationType.Span);
        insert.BindText(5, append.UId.Span);
        insert.BindBlob(6, append.Body.Span);
        insert.BindBlob(7, append.BodySha256);
        insert.Bind(8, BodyHash(append));
        insert.Bind(9, append.ReceivedAt.ToStored());
        insert.BindText(10, append.RemoteAddress);
        insert.BindText(11, append.UserAgent);
        insert.BindText(12, append.Traceparent);
        insert.Bind(13, (long)append.Disposition);
        insert.Bind(14, conflict ? 1 : 0);
        insert.BindText(15, append.Error);
        insert.BindText(16, append.ContentType);
        insert.Run();
    }
}

// Every notification becomes at least one event, so this insert is as hot as intake's: 2 µs per row without garbage; Dapper takes 13 µs
// and 7.7 KB.
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
        insert.Bind(15, entry.CreatedAt.ToStored());
        insert.Run();
    }
}
