using System.Data.Common;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <summary>A table with rows of a location, and the members of its key besides the location.</summary>
internal sealed record DeletedTable(string Name, params string[] Key)
{
    public IReadOnlyList<string> Columns { get; } = ["location_id", .. Key];

    /// <summary>Which of the rows, where an index has only those.</summary>
    public string Which { get; init; } = "";

    /// <summary>Some rows of a location: a seek, however many rows of others there are.</summary>
    public string PageSql(DbConnection connection)
    {
        var columns = string.Join(", ", Columns.Select(column => $"\"{column}\""));
        // Any rows will do: an order of more than the location would have them sorted.
        return $"select {columns} from {Name} where location_id = @locationId {Which} order by location_id {connection.Limit("@limit")}";
    }
}

/// <summary>
/// Deletes what the hub keeps of a location, in short transactions. Both logs are purged only as far as every stage has come, so that no stage
/// misses what is still to be done; the rest is purged when the last late posts have come. That the location was removed stays in the log: whoever
/// reads it later learns of nothing else.
/// </summary>
internal sealed class LocationDataDeletion(Database database)
{
    private const int ChunkRows = 200;
    private const int ScannedRows = 20_000;
    private const string TopicCursorPrefix = "publishing:";

    private const string Window = "where seq > @after and seq <= @until and location_id = @locationId";
    private const string EventRows =
        $"select seq from event_log {Window} and type <> '{EventNames.LocationRemoved}' and topic = @topic";
    private const string NotificationRows = $"select seq from notification_log {Window}";

    public static IReadOnlyList<DeletedTable> Tables { get; } =
    [
        new("refetch_target", "resource", "key"),
        new("snapshot", "kind", "key"),
        new("snapshot_state", "resource"),
        new("location_check"),
        new("full_sync", "resource"),
        new("full_sync_page", "resource", "number"),
        new("operation", "event_id"),
        new("operation_notification", "event_id", "seq"),
    ];

    /// <param name="locationId">A location that was removed.</param>
    /// <param name="everything">Also what a stage has not come to: nothing that is still to come of it is wanted.</param>
    /// <param name="cancellationToken">Ends it between two chunks.</param>
    public async Task RunAsync(string locationId, bool everything, CancellationToken cancellationToken)
    {
        foreach (var table in Tables)
        {
            await EraseAsync(table, locationId, cancellationToken);
        }

        // Events point at their notifications, and so go first.
        var (events, notifications) = await BoundsAsync(everything, cancellationToken);
        foreach (var (topic, last) in events)
        {
            await ErasureLogAsync(EventRows, topic, locationId, last, DeleteEventsAsync, cancellationToken);
        }

        var told = await OldestToldAsync(locationId, events.Values.Min(), cancellationToken);
        await ErasureLogAsync(
            NotificationRows,
            topic: null,
            locationId,
            Math.Min(notifications, told - 1),
            DeleteNotificationsAsync,
            cancellationToken
        );
    }

    private async Task EraseAsync(DeletedTable table, string locationId, CancellationToken cancellationToken)
    {
        var condition = string.Join(" and ", table.Columns.Select(column => $"\"{column}\" = @{column}"));
        while (true)
        {
            List<dynamic> rows;
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                rows = (
                    await connection.QueryAsync(table.PageSql(connection), new { locationId, limit = ChunkRows })
                ).AsList();
            }

            if (rows.Count == 0)
            {
                return;
            }

            await database.WriteAsync(
                async transaction =>
                {
                    foreach (IDictionary<string, object> row in rows)
                    {
                        await transaction.ExecuteAsync(
                            $"delete from {table.Name} where {condition}",
                            new DynamicParameters(row)
                        );
                    }
                },
                cancellationToken
            );
        }
    }

    /// <summary>How far the event log, by topic, and the notification log may be purged.</summary>
    private async Task<(IReadOnlyDictionary<string, long> Events, long Notifications)> BoundsAsync(
        bool everything,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var lastEvent = await connection.ExecuteScalarAsync<long>("select coalesce(max(seq), 0) from event_log");
        var lastNotification = await connection.ExecuteScalarAsync<long>(
            "select coalesce(max(seq), 0) from notification_log"
        );
        var cursors = (
            await connection.QueryAsync<(string Name, long Position)>("select name, position from log_cursor")
        ).ToDictionary(cursor => cursor.Name, cursor => cursor.Position, StringComparer.Ordinal);
        // Without a publisher, only the feed has the events. A topic without a cursor has sent nothing yet.
        var isPublished = cursors.Keys.Any(name => name.StartsWith(TopicCursorPrefix, StringComparison.Ordinal));
        var events = TopicMap.Topics.ToDictionary(
            topic => topic,
            topic => everything || !isPublished ? lastEvent : cursors.GetValueOrDefault($"{TopicCursorPrefix}{topic}"),
            StringComparer.Ordinal
        );
        return (events, everything ? lastNotification : cursors.GetValueOrDefault("routing"));
    }

    /// <summary>The oldest notification that an event of the location still points at: one behind <paramref name="after"/>, the others are gone.</summary>
    private async Task<long> OldestToldAsync(string locationId, long after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long?>(
                "select min(notification_seq) from event_log where seq > @after and location_id = @locationId",
                new { locationId, after }
            ) ?? long.MaxValue;
    }

    private async Task ErasureLogAsync(
        string rows,
        string? topic,
        string locationId,
        long last,
        Func<WriteTransaction, long[], Task> delete,
        CancellationToken cancellationToken
    )
    {
        // Behind a restore there is a gap that no scan comes to the end of.
        for (var after = 0L; after < last; after = await NextAsync(rows, after + ScannedRows, cancellationToken) - 1)
        {
            foreach (
                var chunk in (await SeqsAsync(rows, topic, locationId, after, last, cancellationToken)).Chunk(ChunkRows)
            )
            {
                await database.WriteAsync(transaction => delete(transaction, chunk), cancellationToken);
            }
        }
    }

    private async Task<long> NextAsync(string rows, long after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return rows == EventRows
            ? await EventLog.ReadNextAsync(connection, after)
            : await NotificationLog.ReadNextAsync(connection, after);
    }

    private async Task<IReadOnlyList<long>> SeqsAsync(
        string rows,
        string? topic,
        string locationId,
        long after,
        long last,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<long>(
                rows,
                new
                {
                    after,
                    until = Math.Min(last, after + ScannedRows),
                    locationId,
                    topic,
                }
            )
        ).AsList();
    }

    private static async Task DeleteEventsAsync(WriteTransaction transaction, long[] seqs)
    {
        await transaction.ExecuteAsync(
            "delete from dead_letter where event_seq in @seqs",
            new { seqs = seqs.InList() }
        );
        await transaction.ExecuteAsync("delete from event_log where seq in @seqs", new { seqs = seqs.InList() });
    }

    private static Task DeleteNotificationsAsync(WriteTransaction transaction, long[] seqs) =>
        transaction.ExecuteAsync("delete from notification_log where seq in @seqs", new { seqs = seqs.InList() });
}
