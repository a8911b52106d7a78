using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>A row of the notification log.</summary>
internal sealed record NotificationEntry
{
    public required long Seq { get; init; }

    public required string LocationId { get; init; }

    public string? NotificationId { get; init; }

    public string? NotificationType { get; init; }

    public string? UId { get; init; }

    /// <summary>The raw bytes of the post.</summary>
    public required byte[] Body { get; init; }

    public required byte[] BodySha256 { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public required long ReceivedAt { get; init; }

    public string? RemoteAddress { get; init; }

    public string? UserAgent { get; init; }

    public string? Traceparent { get; init; }

    public required Disposition Disposition { get; init; }

    /// <summary>Whether an earlier notification of the same id had another body.</summary>
    public required bool Conflict { get; init; }

    /// <summary>Why it was not accepted or not recognized.</summary>
    public string? Fault { get; init; }
}

internal static class NotificationLog
{
    /// <summary>About how many bytes of bodies a page holds before it is cut.</summary>
    private const int PageBytes = 4 * 1024 * 1024;

    public const string Columns = """
        seq, location_id LocationId, notification_id NotificationId, notification_type NotificationType, u_id UId, body,
        body_sha256 BodySha256, received_at ReceivedAt, remote_address RemoteAddress, user_agent UserAgent, traceparent,
        disposition, conflict, fault
        """;

    /// <summary>The rows behind <paramref name="after"/>, in order; at least one where there is one.</summary>
    public static async Task<IReadOnlyList<NotificationEntry>> ReadPageAsync(
        DbConnection connection,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<NotificationEntry> page = [];
        var bytes = 0L;
        var rows = connection.QueryUnbufferedAsync<NotificationEntry>(
            $"select {Columns} from notification_log where seq > @after order by seq limit @limit",
            new { after, limit }
        );
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            page.Add(row);
            bytes += row.Body.Length;
            if (bytes >= PageBytes)
            {
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

    /// <summary>Notes what became of a post after it was stored.</summary>
    public static Task SetDispositionAsync(
        WriteTransaction transaction,
        long seq,
        Disposition disposition,
        string? fault
    ) =>
        transaction.ExecuteAsync(
            "update notification_log set disposition = @disposition, fault = @fault where seq = @seq",
            new
            {
                seq,
                disposition,
                fault,
            }
        );
}
