using System.Data.Common;
using System.Text;
using System.Text.Json;
using Dapper;

namespace NotificationHub.Storage;

internal sealed record NotificationEntry
{
    public required long Seq { get; init; }

    public required string LocationId { get; init; }

    public string? NotificationId { get; init; }

    public string? NotificationType { get; init; }

    public string? UId { get; init; }

    public required byte[] Body { get; init; }

    public required byte[] BodySha256 { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>Null for <c>application/json</c>, empty for a delivery without the header.</summary>
    public string? ContentType { get; init; }

    public string? Traceparent { get; init; }

    public required Disposition Disposition { get; init; }

    /// <summary>Whether an earlier notification has the same ID and a different body.</summary>
    public required bool Conflict { get; init; }

    public string? Error { get; init; }

    /// <summary>The entry as the database would return it.</summary>
    public static NotificationEntry From(NotificationAppend append, AppendOutcome outcome) =>
        new()
        {
            Seq = outcome.Seq,
            LocationId = Encoding.UTF8.GetString(append.LocationId),
            NotificationId = TextOrNull(append.NotificationId),
            NotificationType = TextOrNull(append.NotificationType),
            UId = TextOrNull(append.UId),
            Body = append.Body.ToArray(),
            BodySha256 = append.BodySha256,
            ReceivedAt = append.ReceivedAt,
            RemoteAddress = append.RemoteAddress,
            UserAgent = append.UserAgent,
            ContentType = append.ContentType,
            Traceparent = append.Traceparent,
            Disposition = append.Disposition,
            Conflict = outcome.Result == AppendResult.StoredAsConflict,
            Error = append.Error,
        };

    private static string? TextOrNull(ReadOnlyMemory<byte> text) =>
        text.IsEmpty ? null : Encoding.UTF8.GetString(text.Span);
}

internal static class NotificationLog
{
    /// <summary>The content type of nearly all deliveries, which the log stores as null.</summary>
    public const string UsualContentType = "application/json";

    /// <summary>The maximum depth of a notification. An event is deeper by one, and consumers read 64 levels by default.</summary>
    public const int MaxDepth = 60;

    private const int PageBytes = 4 * 1024 * 1024;

    public const string Columns = """
        seq, location_id LocationId, notification_id NotificationId, notification_type NotificationType, u_id UId, body,
        body_sha256 BodySha256, received_at ReceivedAt, remote_address RemoteAddress, user_agent UserAgent, traceparent,
        disposition, conflict, error, content_type ContentType
        """;

    /// <summary>Reads rows after <paramref name="after"/>, in order; at least one, if any exists.</summary>
    public static async Task<IReadOnlyList<NotificationEntry>> ReadPageAsync(
        DbConnection connection,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<NotificationEntry> page = [];
        var bytes = 0L;
        await using var rows = await connection.ExecuteReaderAsync(
            $"select {Columns} from notification_log where seq > @after order by seq {connection.Limit("@limit")}",
            new { after, limit }
        );
        while (await rows.ReadAsync(cancellationToken))
        {
            var entry = Read(rows);
            page.Add(entry);
            bytes += entry.Body.Length;
            if (bytes >= PageBytes)
            {
                rows.CancelRest();
                break;
            }
        }

        return page;
    }

    public static Task<NotificationEntry?> FindAsync(DbConnection connection, long seq) =>
        connection.QueryFirstOrDefaultAsync<NotificationEntry>(
            $"select {Columns} from notification_log where seq = @seq",
            new { seq }
        );

    /// <summary>Reads the first <c>seq</c> after <paramref name="after"/>; if there is none, <paramref name="after"/> + 1.</summary>
    public static async Task<long> ReadNextAsync(DbConnection connection, long after) =>
        await connection.ExecuteScalarAsync<long?>(
            "select min(seq) from notification_log where seq > @after",
            new { after }
        )
        ?? after + 1;

    // Without Dapper, because the router reads every notification, and mapping by name takes several times as long.
    private static NotificationEntry Read(DbDataReader row) =>
        new()
        {
            Seq = row.GetInt64(0),
            LocationId = row.GetString(1),
            NotificationId = row.TextOrNull(2),
            NotificationType = row.TextOrNull(3),
            UId = row.TextOrNull(4),
            Body = row.GetFieldValue<byte[]>(5),
            BodySha256 = row.GetFieldValue<byte[]>(6),
            ReceivedAt = StoredTime.FromStored(row.GetInt64(7)),
            RemoteAddress = row.TextOrNull(8),
            UserAgent = row.TextOrNull(9),
            Traceparent = row.TextOrNull(10),
            Disposition = (Disposition)row.GetInt64(11),
            Conflict = row.GetInt64(12) != 0,
            Error = row.TextOrNull(13),
            ContentType = row.TextOrNull(14),
        };

    public static Task SetDispositionAsync(
        WriteTransaction transaction,
        long seq,
        Disposition disposition,
        string? error
    ) =>
        transaction.ExecuteAsync(
            "update notification_log set disposition = @disposition, error = @error where seq = @seq",
            new
            {
                seq,
                disposition,
                error,
            }
        );

    /// <summary>Records that a new event refers to an old notification, so that retention keeps both equally long.</summary>
    public static Task RecordReroutedAsync(WriteTransaction transaction, long seq, long eventSeq) =>
        transaction.ExecuteAsync(
            "insert into rerouted_notification (notification_seq, event_seq) values (@seq, @eventSeq)",
            new { seq, eventSeq }
        );
}

/// <summary>The outcome of a notification. The numbers are stored.</summary>
internal enum Disposition
{
    Accepted = 0,
    Quarantined = 1,
    Rejected = 2,
    Unrecognized = 3,
    Rerouted = 4,

    /// <summary>The location was already removed: stored, but not routed.</summary>
    AfterRemoval = 5,
}

internal static class Dispositions
{
    public static IEnumerable<string> WireNames => Enum.GetValues<Disposition>().Select(ToWireName);

    public static string ToWireName(this Disposition disposition) =>
        JsonNamingPolicy.KebabCaseLower.ConvertName(disposition.ToString());

    public static Disposition? FromWireName(string name) =>
        Enum.GetValues<Disposition>().Cast<Disposition?>().FirstOrDefault(value => value!.Value.ToWireName() == name);
}

internal enum AppendResult
{
    Stored,

    /// <summary>Stored; an earlier notification has the same ID and a different body.</summary>
    StoredAsConflict,

    Duplicate,

    /// <summary>Not stored: the location's quota of rejected notifications is used up.</summary>
    OverQuota,
}

internal readonly record struct AppendOutcome(AppendResult Result, long Seq);

/// <summary>
/// A notification to append. It completes when its batch is on disk, or fails with
/// <see cref="StorageUnavailableException"/>. Its memory must not change until then.
/// </summary>
internal sealed class NotificationAppend : TaskCompletionSource<AppendOutcome>
{
    public required byte[] LocationId { get; init; }

    public required long DedupHash { get; init; }

    /// <summary>UTF-8; empty if the body has none.</summary>
    public ReadOnlyMemory<byte> NotificationId { get; init; }

    public ReadOnlyMemory<byte> NotificationType { get; init; }

    public ReadOnlyMemory<byte> UId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required byte[] BodySha256 { get; init; }

    public required DateTimeOffset ReceivedAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    /// <inheritdoc cref="NotificationEntry.ContentType"/>
    public string? ContentType { get; init; }

    public string? Traceparent { get; init; }

    public Disposition Disposition { get; init; }

    public string? Error { get; init; }

    public int RejectedQuota { get; init; }
}

// On the thread pool, in bulk: at 30,000 notifications per second, one work item for each would cost more than the commit.
internal static class AppendCompletion
{
    private const int WaitersPerWorkItem = 64;

    public static void Complete(NotificationAppend[] batch, AppendOutcome[] outcomes, Signal appended)
    {
        for (var start = 0; start < batch.Length; start += WaitersPerWorkItem)
        {
            var (from, to) = (start, Math.Min(start + WaitersPerWorkItem, batch.Length));
            ThreadPool.UnsafeQueueUserWorkItem(
                _ =>
                {
                    for (var i = from; i < to; i++)
                    {
                        batch[i].TrySetResult(outcomes[i]);
                    }
                },
                null
            );
        }

        AfterCommit.Run(() => appended.Raise());
    }

    public static void Fail(NotificationAppend[] batch, Exception failure) =>
        ThreadPool.UnsafeQueueUserWorkItem(
            // A separate exception for each caller: a shared one would collect the stack traces of all.
            _ => Array.ForEach(batch, append => append.TrySetException(NotCommitted(failure))),
            null
        );

    private static StorageUnavailableException NotCommitted(Exception failure) =>
        new($"The batch was not committed: {failure.Message}", failure);
}
