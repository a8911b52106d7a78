using NotificationHub.Storage;

namespace NotificationHub.Retention;

/// <summary>A log as retention sees it.</summary>
/// <param name="Name">As in <c>log_start</c>.</param>
/// <param name="Table">Its table.</param>
/// <param name="At">The column that says how old a row is.</param>
/// <param name="Goes">Which of the rows go with the log's beginning.</param>
internal sealed record PrunedLog(string Name, string Table, string At, string Goes)
{
    public static readonly PrunedLog Events = new("event", "event_log", "created_at", "1 = 1");

    // 0 accepted, 5 late; the others await somebody, or are told of by an event of another time.
    public static readonly PrunedLog Notifications = new(
        "notification",
        "notification_log",
        "received_at",
        "disposition in (0, 5)"
    );

    public string StartSql => $"select first_seq from log_start where log = '{Name}'";
}

/// <summary>Takes rows off the beginning of a log, and says in the same transaction where it begins now.</summary>
internal static class LogPruning
{
    /// <param name="transaction">A short one.</param>
    /// <param name="log">The log.</param>
    /// <param name="last">The last <c>seq</c> that may go.</param>
    /// <param name="old">A row that is old enough to delete. Earlier rows are older, even if a clock that was ahead gave them later times.</param>
    /// <param name="before">What is younger stays, in Unix milliseconds; and what lies behind it, for the times of a log need not rise.</param>
    /// <param name="limit">How many rows at most.</param>
    /// <returns>How many rows were dealt with.</returns>
    public static async Task<int> RemoveAsync(
        WriteTransaction transaction,
        PrunedLog log,
        long last,
        long old,
        long before,
        int limit
    )
    {
        var first = await transaction.ScalarAsync<long>(log.StartSql);
        var rows = await transaction.QueryAsync<(long Seq, long At)>(
            $"select seq, {log.At} from {log.Table} where seq >= @first and seq <= @last order by seq {transaction.Connection.Limit("@limit")}",
            new
            {
                first,
                last,
                limit,
            }
        );
        List<(long Seq, long At)> going = [.. rows.TakeWhile(row => row.At <= before || row.Seq < old)];
        if (going.Count == 0)
        {
            return 0;
        }

        var upTo = going[^1].Seq;
        await transaction.ExecuteAsync(
            $"delete from {log.Table} where seq >= @first and seq <= @upTo and {log.Goes}",
            new { first, upTo }
        );
        await transaction.ExecuteAsync(
            "update log_start set first_seq = @next where log = @Name",
            new { log.Name, next = upTo + 1 }
        );
        return going.Count;
    }
}
