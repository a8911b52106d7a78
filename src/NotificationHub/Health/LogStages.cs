using System.Data.Common;
using Dapper;
using NotificationHub.Publishing;
using NotificationHub.Routing;
using NotificationHub.Storage;

namespace NotificationHub.Health;

/// <summary>The stages that move along a log.</summary>
internal static class LogStages
{
    public static async Task<StageReading> ReadRoutingAsync(DbConnection connection)
    {
        var (position, movedAt) = await ReadCursorAsync(connection, RoutingPass.Name);
        var oldest = await connection.QueryFirstOrDefaultAsync<long?>(
            $"select received_at from notification_log where seq > @position order by seq {connection.Limit("1")}",
            new { position = position ?? 0 }
        );
        // Not counted: the rows hold the bodies. The log has hardly a gap behind the cursor.
        var last = oldest is null
            ? 0
            : await connection.ExecuteScalarAsync<long>("select max(seq) from notification_log");
        return new StageReading(StageNames.Routing)
        {
            Cursor = position,
            MovedAt = StageReading.TimeOf(movedAt),
            Behind = oldest is null ? 0 : last - (position ?? 0),
            OldestAt = StageReading.TimeOf(oldest),
        };
    }

    public static async Task<StageReading> ReadTopicAsync(
        DbConnection connection,
        string topic,
        Database database,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        var name = TopicLog.GetName(topic);
        var (position, movedAt) = await ReadCursorAsync(connection, name);
        var (unsent, oldest) = await new TopicLog(topic, database, time).MeasureAsync(cancellationToken);
        return new StageReading(name)
        {
            Cursor = position,
            MovedAt = StageReading.TimeOf(movedAt),
            Behind = unsent,
            OldestAt = oldest,
        };
    }

    private static Task<(long? Position, long? MovedAt)> ReadCursorAsync(DbConnection connection, string name) =>
        connection.QueryFirstOrDefaultAsync<(long?, long?)>(
            "select position, moved_at from log_cursor where name = @name",
            new { name }
        );
}
