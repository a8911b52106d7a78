using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

internal sealed class SqliteAppender(SqliteConnection connection, Database database, DeduplicationWindow window)
    : IDisposable
{
    private readonly SqliteStatement readLast = new(connection, database.Sql("LastNotification"));
    private readonly SqliteStatement follow = new(connection, database.Sql("FollowNotifications"));
    private readonly SqliteStatement find = new(connection, database.Sql("FindNotification"));
    private readonly SqliteStatement insert = new(connection, database.Sql("AppendNotification"));
    private readonly SqliteStatement countRejected = new(connection, database.Sql("CountRejected"));

    private long lastUsedSeq;

    /// <summary>
    /// Reads the highest <c>seq</c> ever assigned, and adds what other processes have appended since the last call. The first
    /// call reads the whole window.
    /// </summary>
    public void Follow()
    {
        readLast.Step();
        var lastSeq = readLast.Int64(0);
        lastUsedSeq = readLast.Int64(1);
        readLast.Reset();
        if (lastSeq <= window.LastSeq)
        {
            return;
        }

        follow.Bind(1, Math.Max(window.LastSeq, lastSeq - window.Capacity));
        while (follow.Step())
        {
            window.Add(follow.Int64(0), follow.Int64(1), follow.Int64(2));
        }

        follow.Reset();
    }

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
        readLast.Dispose();
        follow.Dispose();
        find.Dispose();
        insert.Dispose();
        countRejected.Dispose();
    }

    private AppendOutcome AppendOne(NotificationAppend append)
    {
        var bodyHash = BinaryPrimitives.ReadInt64LittleEndian(append.BodySha256);
        var isKnown = IsKnownId(append);
        if (isKnown && FindSameBody(append, bodyHash) is { } original)
        {
            return new AppendOutcome(AppendResult.Duplicate, original);
        }

        if (append.Disposition == Disposition.Rejected && CountRejected(append.LocationId) >= append.RejectedQuota)
        {
            return new AppendOutcome(AppendResult.OverQuota, 0);
        }

        // Rejected notifications have no ID, so they cannot conflict.
        var conflict = isKnown && !append.NotificationId.IsEmpty;
        var seq = ++lastUsedSeq;
        Insert(append, seq, bodyHash, conflict);
        window.Add(seq, append.DedupHash, bodyHash);
        return new AppendOutcome(conflict ? AppendResult.StoredAsConflict : AppendResult.Stored, seq);
    }

    private bool IsKnownId(NotificationAppend append)
    {
        var seq = window.FindId(append.DedupHash, before: long.MaxValue);
        while (seq is { } candidate && !IsOf(append, candidate, sameBody: false))
        {
            seq = window.FindId(append.DedupHash, candidate);
        }

        return seq is not null;
    }

    private long? FindSameBody(NotificationAppend append, long bodyHash)
    {
        var seq = window.FindBody(append.DedupHash, bodyHash, before: long.MaxValue);
        while (seq is { } candidate && !IsOf(append, candidate, sameBody: true))
        {
            seq = window.FindBody(append.DedupHash, bodyHash, candidate);
        }

        return seq;
    }

    // Two IDs or bodies may have the same hash, and the notification may be deleted: compare the row.
    private bool IsOf(NotificationAppend append, long seq, bool sameBody)
    {
        find.Bind(1, seq);
        var isOf =
            find.Step()
            && find.Bytes(0).SequenceEqual(append.LocationId)
            && find.Bytes(1).SequenceEqual(append.NotificationId.Span)
            && (!sameBody || find.Bytes(2).SequenceEqual(append.BodySha256));
        find.Reset();
        return isOf;
    }

    private long CountRejected(byte[] locationId)
    {
        countRejected.BindConstantText(1, locationId);
        countRejected.Step();
        var count = countRejected.Int64(0);
        countRejected.Reset();
        return count;
    }

    private void Insert(NotificationAppend append, long seq, long bodyHash, bool conflict)
    {
        insert.Bind(1, seq);
        insert.BindConstantText(2, append.LocationId);
        insert.Bind(3, append.DedupHash);
        insert.BindText(4, append.NotificationId.Span);
        insert.BindText(5, append.NotificationType.Span);
        insert.BindText(6, append.UId.Span);
        insert.BindBlob(7, append.Body.Span);
        insert.BindBlob(8, append.BodySha256);
        insert.Bind(9, bodyHash);
        insert.Bind(10, append.ReceivedAt.ToStored());
        insert.BindText(11, append.RemoteAddress);
        insert.BindText(12, append.UserAgent);
        insert.BindText(13, append.Traceparent);
        insert.Bind(14, (long)append.Disposition);
        insert.Bind(15, conflict ? 1 : 0);
        insert.BindText(16, append.Error);
        insert.BindText(17, append.ContentType);
        insert.Run();
    }
}

// Every notification becomes at least one event, so this insert is as hot as intake's.
internal sealed class SqliteEventAppender(SqliteConnection connection, Database database) : IDisposable
{
    private readonly SqliteInsert insert = new(connection, database.Sql("AppendEvent"));

    /// <returns>The <c>seq</c> of each event.</returns>
    public IReadOnlyList<long> Append(IReadOnlyList<NewEvent> events)
    {
        insert.Run(events, Bind);
        // In one transaction, consecutive rows have consecutive values.
        var first = raw.sqlite3_last_insert_rowid(connection.Handle) - events.Count + 1;
        return [.. events.Select((_, index) => first + index)];
    }

    public void Dispose() => insert.Dispose();

    private static void Bind(SqliteStatement statement, int first, NewEvent entry)
    {
        statement.BindText(first, entry.Topic);
        statement.BindText(first + 1, entry.Type);
        statement.BindText(first + 2, entry.LocationId);
        statement.BindText(first + 3, entry.Subject);
        statement.Bind(first + 4, entry.NotificationSeq);
        statement.BindBlob(first + 5, entry.Data);
        statement.BindText(first + 6, entry.Action);
        statement.BindText(first + 7, entry.Result);
        statement.BindText(first + 8, entry.Change);
        statement.BindText(first + 9, entry.Cause);
        statement.BindText(first + 10, entry.AdamId);
        statement.BindText(first + 11, entry.CorrelationId);
        statement.Bind(first + 12, entry.Conflict ? 1 : 0);
        statement.BindText(first + 13, entry.Traceparent);
        statement.Bind(first + 14, entry.CreatedAt.ToStored());
    }
}
