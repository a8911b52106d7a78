using System.Diagnostics;
using Dapper;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>The progress of the hub's stages, read from its database.</summary>
internal sealed record HubProgress(long Stored, long Routed, long Events, long Published, long FirstStored)
{
    public bool IsDrained => Routed >= Stored && Published >= Events;

    private static readonly TimeSpan DrainDeadline = TimeSpan.FromMinutes(10);

    /// <summary>Waits until everything is routed and published.</summary>
    /// <returns>How long it took.</returns>
    public static async Task<TimeSpan> DrainAsync(StoreSettings store)
    {
        var start = Stopwatch.GetTimestamp();
        await WaitUntilAsync(store, progress => progress.IsDrained);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <returns>The first state that satisfies the condition.</returns>
    public static async Task<HubProgress> WaitUntilAsync(StoreSettings store, Func<HubProgress, bool> isThere)
    {
        using var deadline = new CancellationTokenSource(DrainDeadline);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var progress = await ReadAsync(store);
            if (isThere(progress))
            {
                return progress;
            }

            await timer.WaitForNextTickAsync(deadline.Token);
        }
    }

    public static async Task<HubProgress> ReadAsync(StoreSettings store)
    {
        await using var database = store.Open();
        await using var connection = await database.OpenReaderAsync(CancellationToken.None);
        return await connection.QuerySingleAsync<HubProgress>(
            """
            select
                coalesce((select max(seq) from notification_log), 0) Stored,
                coalesce((select position from log_cursor where name = 'routing'), 0) Routed,
                coalesce((select max(seq) from event_log where topic = 'assets'), 0) Events,
                coalesce((select position from log_cursor where name = 'publishing:assets'), 0) Published,
                (select first_seq from log_start where log = 'notification') FirstStored
            """
        );
    }
}
