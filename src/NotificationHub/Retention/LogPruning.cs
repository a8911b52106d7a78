using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <param name="Name">As in <c>log_start</c>.</param>
/// <param name="At">The column with the age of a row.</param>
/// <param name="Condition">Selects the rows that are deleted with the log's beginning.</param>
internal sealed record PrunedLog(string Name, string Table, string At, string Condition)
{
    public static readonly PrunedLog Events = new("event", "event_log", "created_at", "1 = 1");

    // 0 accepted, 5 after-removal. The others await an operator, or an event of another age refers to them.
    public static readonly PrunedLog Notifications = new(
        "notification",
        "notification_log",
        "received_at",
        "disposition in (0, 5)"
    );

    public string StartSql => $"select first_seq from log_start where log = '{Name}'";
}

/// <summary>Deletes the first rows of a log, and moves <c>log_start</c> in the same transaction.</summary>
internal static class LogPruning
{
    /// <param name="last">The last <c>seq</c> that may be deleted.</param>
    /// <param name="old">A row that is old enough. Earlier rows are older, even if a clock that was ahead gave them later times.</param>
    /// <param name="before">The first younger row, and all rows after it, stay; in Unix milliseconds.</param>
    /// <param name="limit">The maximum number of rows.</param>
    /// <returns>How many rows were processed.</returns>
    public static async Task<int> DeleteAsync(
        WriteTransaction transaction,
        PrunedLog log,
        long last,
        long old,
        DateTimeOffset before,
        int limit
    )
    {
        var first = await transaction.ScalarAsync<long>(log.StartSql);
        var rows = await transaction.QueryAsync<(long Seq, DateTimeOffset At)>(
            $"select seq, {log.At} from {log.Table} where seq >= @first and seq <= @last order by seq {transaction.Connection.Limit("@limit")}",
            new
            {
                first,
                last,
                limit,
            }
        );
        List<(long Seq, DateTimeOffset At)> expired = [.. rows.TakeWhile(row => row.At <= before || row.Seq < old)];
        if (expired.Count == 0)
        {
            return 0;
        }

        var upTo = expired[^1].Seq;
        await transaction.ExecuteAsync(
            $"delete from {log.Table} where seq >= @first and seq <= @upTo and {log.Condition}",
            new { first, upTo }
        );
        await transaction.ExecuteAsync(
            "update log_start set first_seq = @next where log = @Name",
            new { log.Name, next = upTo + 1 }
        );
        return expired.Count;
    }
}
