using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Writes a batch of posts into the notification log, within the lane's transaction.</summary>
internal sealed class SqliteAppender(SqliteConnection connection, Database database) : IDisposable
{
    private readonly SqliteStatement find = new(connection, database.Sql("FindByDedupHash"));
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
        find.Dispose();
        insert.Dispose();
        countRejected.Dispose();
    }

    private AppendOutcome AppendOne(NotificationAppend append)
    {
        var (duplicateOf, conflict) = FindEarlier(append);
        if (duplicateOf is { } seq)
        {
            return new AppendOutcome(AppendResult.Duplicate, seq);
        }

        if (append.Disposition == Disposition.Rejected && CountRejected(append.LocationId) >= append.RejectedQuota)
        {
            return new AppendOutcome(AppendResult.OverQuota, 0);
        }

        Insert(append, conflict);
        return new AppendOutcome(
            conflict ? AppendResult.StoredAsConflict : AppendResult.Stored,
            raw.sqlite3_last_insert_rowid(connection.Handle)
        );
    }

    private (long? DuplicateOf, bool Conflict) FindEarlier(NotificationAppend append)
    {
        long? duplicateOf = null;
        var conflict = false;
        find.Bind(1, append.DedupHash);
        // Two ids may share a hash: what decides is the row itself.
        while (duplicateOf is null && find.Step())
        {
            if (
                !find.Bytes(1).SequenceEqual(append.LocationId)
                || !find.Bytes(2).SequenceEqual(append.NotificationId.Span)
            )
            {
                continue;
            }

            if (find.Bytes(3).SequenceEqual(append.BodySha256))
            {
                duplicateOf = find.Int64(0);
            }
            else
            {
                // Rejected posts have no id to be in conflict over.
                conflict = !append.NotificationId.IsEmpty;
            }
        }

        find.Reset();
        return (duplicateOf, conflict);
    }

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
        insert.Bind(8, append.ReceivedAt);
        insert.BindText(9, append.RemoteAddress);
        insert.BindText(10, append.UserAgent);
        insert.BindText(11, append.Traceparent);
        insert.Bind(12, (long)append.Disposition);
        insert.Bind(13, conflict ? 1 : 0);
        insert.BindText(14, append.Fault);
        insert.Run();
    }
}
