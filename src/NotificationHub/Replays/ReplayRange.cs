using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Replays;

/// <summary>Finds and counts the events of a replay, in statements whose cost is bounded.</summary>
internal static class ReplayRange
{
    private const int Window = 20_000;

    /// <summary>Reads the <c>seq</c> before the first event from <paramref name="time"/> on.</summary>
    public static async Task<long> FindBeforeAsync(DbConnection connection, DateTimeOffset time)
    {
        var stored = new SeqRange(await EventLog.ReadStartAsync(connection), await EventLog.ReadLastAsync(connection));
        return await TimedLog.Events.FindFirstAsync(connection, stored, time) - 1;
    }

    public static async Task<long> CountAsync(Database database, Replay replay, CancellationToken cancellationToken)
    {
        var count = 0L;
        for (var position = replay.After; position < replay.UpTo; )
        {
            await using var connection = await database.OpenReaderAsync(cancellationToken);
            var index = connection.UseIndex("event_log_topic");
            var upTo = Math.Min(replay.UpTo, position + Window);
            count += await connection.ExecuteScalarAsync<long>(
                $"""
                select count(*)
                from event_log{index}
                where topic = @Topic and seq > @position and seq <= @upTo and (@Type is null or type = @Type)
                    and (@Location is null or location_id = @Location)
                """,
                new
                {
                    replay.Topic,
                    replay.Type,
                    replay.Location,
                    position,
                    upTo,
                }
            );
            position = await SkipGapAsync(connection, upTo);
        }

        return count;
    }

    /// <summary>Reads the next events of a replay, and the position after them.</summary>
    public static async Task<(IReadOnlyList<EventEntry> Events, long Position)> ReadNextAsync(
        DbConnection connection,
        Replay replay,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var upTo = Math.Min(replay.UpTo, replay.Position + Window);
        var events = await EventLog.ReadPageAsync(
            connection,
            replay.Position,
            replay.Filter(upTo),
            limit,
            cancellationToken
        );
        return events.Count > 0
            ? (events, events[^1].Seq)
            : (events, Math.Min(replay.UpTo, await SkipGapAsync(connection, upTo)));
    }

    // A restore or the deletion of a location's data leaves a gap.
    private static async Task<long> SkipGapAsync(DbConnection connection, long position) =>
        Math.Max(position, await EventLog.ReadNextAsync(connection, position) - 1);
}
