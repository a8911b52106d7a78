using NotificationHub.Events;
using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>The state of both logs before the test.</summary>
public enum LogPast
{
    NeverUsed,
    InUse,
    EmptiedByRetention,
    WithoutItsEnd,
}

/// <summary>Tests for logs in every state.</summary>
public abstract class LogPastContract : StoreContract
{
    private int posts;

    /// <returns>The last seq that either log has used.</returns>
    private protected async Task<(long Notification, long Event)> LiveAsync(Database database, LogPast past)
    {
        var last = (Notification: 0L, Event: 0L);
        for (var i = 0; i < 3 && past != LogPast.NeverUsed; i++)
        {
            last = (await PostAsync(database), await TellAsync(database));
        }

        await database.WriteAsync(
            async transaction =>
            {
                if (past == LogPast.EmptiedByRetention)
                {
                    await EmptyAsync(transaction, PrunedLog.Events);
                    await EmptyAsync(transaction, PrunedLog.Notifications);
                }
                else if (past == LogPast.WithoutItsEnd)
                {
                    await transaction.ExecuteAsync("delete from event_log where seq = @Event", new { last.Event });
                    await transaction.ExecuteAsync(
                        "delete from notification_log where seq = @Notification",
                        new { last.Notification }
                    );
                }
            },
            CancellationToken.None
        );
        return last;
    }

    private protected async Task<long> PostAsync(Database database)
    {
        var outcome = await database.AppendAsync(Post($"n-{++posts}"));
        outcome.Result.ShouldBe(AppendResult.Stored);
        return outcome.Seq;
    }

    private protected static async Task<long> TellAsync(Database database)
    {
        var appended = new NewEvent
        {
            Type = EventNames.AssetChanged,
            Data = "{}"u8.ToArray(),
            CreatedAt = At(1),
        };
        var seqs = await database.AppendEventsAsync(appended);
        return seqs.Single();
    }

    private static Task<int> EmptyAsync(WriteTransaction transaction, PrunedLog log) =>
        LogPruning.DeleteAsync(
            transaction,
            log,
            last: long.MaxValue,
            old: 0,
            before: DateTimeOffset.MaxValue,
            limit: 100
        );
}
