using NotificationHub.Events;
using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>The state of both logs before the test.</summary>
public enum LogState
{
    NeverUsed,
    InUse,
    Pruned,
    Truncated,
}

/// <summary>Tests for logs in every state.</summary>
public abstract class LogStateContract : StoreContract
{
    private int notifications;

    /// <returns>The last seq that either log has used.</returns>
    private protected async Task<(long Notification, long Event)> FillAsync(Database database, LogState state)
    {
        var last = (Notification: 0L, Event: 0L);
        for (var i = 0; i < 3 && state != LogState.NeverUsed; i++)
        {
            last = (await PostAsync(database), await AppendEventAsync(database));
        }

        await database.WriteAsync(
            async transaction =>
            {
                if (state == LogState.Pruned)
                {
                    await EmptyAsync(transaction, PrunedLog.Events);
                    await EmptyAsync(transaction, PrunedLog.Notifications);
                }
                else if (state == LogState.Truncated)
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
        var outcome = await database.AppendAsync(Notification($"n-{++notifications}"));
        outcome.Result.ShouldBe(AppendResult.Stored);
        return outcome.Seq;
    }

    private protected static async Task<long> AppendEventAsync(Database database)
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
