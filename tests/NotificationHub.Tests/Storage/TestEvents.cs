using NotificationHub.Storage;
using NotificationHub.Tests.Contract;

namespace NotificationHub.Tests.Storage;

/// <summary>Events that no stage appends.</summary>
internal static class TestEvents
{
    /// <returns>The <c>seq</c> of each.</returns>
    public static async Task<IReadOnlyList<long>> AppendEventsAsync(this Database database, params NewEvent[] events)
    {
        IReadOnlyList<long> appended = [];
        await database.WriteAsync(
            transaction =>
            {
                transaction.AppendEvents(
                    events,
                    seqs =>
                    {
                        appended = seqs;
                        return Task.CompletedTask;
                    }
                );
                return Task.CompletedTask;
            },
            CancellationToken.None
        );
        StoredEvents.Exclude(database, appended);
        return appended;
    }
}
