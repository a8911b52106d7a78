using System.Buffers.Binary;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Writes a batch of posts into the notification log, within the lane's transaction.</summary>
internal sealed class SqliteAppender(SqliteConnection connection, Database database) : IDisposable
{
    private readonly SqliteStatement findId = new(connection, database.Sql("FindByDedupHash"));
    private readonly SqliteStatement findBody = new(connection, database.Sql("FindByBodyHash"));
    private readonly SqliteStatement insert = new(connection, database.Sql("AppendNotification"));
    private readonly SqliteStatement countRejected = new(connection, database.Sql("CountRejected"));

    /// <summary>Appends <paramref name="batch"/>; the outcomes stand at the same places.</summary>
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

        // Rejected posts have no id to be in conflict over.
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
        // Two ids may share a hash: what decides is the row itself.
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
        insert.Bind(9, append.ReceivedAt);
        insert.BindText(10, append.RemoteAddress);
        insert.BindText(11, append.UserAgent);
        insert.BindText(12, append.Traceparent);
        insert.Bind(13, (long)append.Disposition);
        insert.Bind(14, conflict ? 1 : 0);
        insert.BindText(15, append.Error);
        insert.Run();
    }
}
