using System.Data.Common;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Removal;

/// <summary>A table with rows of locations, and the columns of its key besides <c>location_id</c>.</summary>
internal sealed record DeletedTable(string Name, params string[] Key)
{
    public IReadOnlyList<string> Columns { get; } = ["location_id", .. Key];

    public string PageSql(DbConnection connection)
    {
        var columns = string.Join(", ", Columns.Select(column => $"\"{column}\""));
        // A longer order would sort the rows.
        return $"select {columns} from {Name} where location_id = @locationId order by location_id {connection.Limit("@limit")}";
    }
}

// Rows that a stage has not processed stay until the late period has ended. The event location.removed stays in the log for late consumers.
/// <summary>Deletes the data of a removed location, in short transactions.</summary>
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
        new("refetch_target", "kind", "key"),
        new("snapshot", "kind", "key"),
        new("snapshot_state", "kind"),
        new("location_check"),
        new("full_sync", "kind"),
        new("full_sync_page", "kind", "number"),
        new("operation", "event_id"),
        new("operation_notification", "event_id", "seq"),
    ];

    /// <param name="everything">Whether to delete rows of the logs that a stage has not processed.</param>
    public async Task RunAsync(string locationId, bool everything, CancellationToken cancellationToken)
    {
        foreach (var table in Tables)
        {
            await DeleteRowsAsync(table, locationId, cancellationToken);
        }

        // Events refer to their notifications, so they are deleted first.
        var (events, notifications) = await ReadLimitsAsync(locationId, everything, cancellationToken);
        foreach (var (topic, last) in events)
        {
            await DeleteFromLogAsync(EventRows, topic, locationId, last, DeleteEventsAsync, cancellationToken);
        }

        var referenced = await ReadOldestReferencedAsync(locationId, events.Values.Min(), cancellationToken);
        await DeleteFromLogAsync(
            NotificationRows,
            topic: null,
            locationId,
            Math.Min(notifications, referenced - 1),
            DeleteNotificationsAsync,
            cancellationToken
        );
    }

    private async Task DeleteRowsAsync(DeletedTable table, string locationId, CancellationToken cancellationToken)
    {
        var condition = string.Join(" and ", table.Columns.Select(column => $"\"{column}\" = @{column}"));
        while (true)
        {
            var rows = await database.ReadAsync(
                connection =>
                    connection.ListAsync<dynamic>(table.PageSql(connection), new { locationId, limit = ChunkRows }),
                cancellationToken
            );
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

    /// <summary>The last row of each topic in the event log, and of the notification log, that may be deleted.</summary>
    private async Task<(IReadOnlyDictionary<string, long> Events, long Notifications)> ReadLimitsAsync(
        string locationId,
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
        return (
            events,
            everything
                ? lastNotification
                : Math.Min(
                    cursors.GetValueOrDefault("routing"),
                    await RelayTargetStore.ReadForwardedAsync(connection, locationId) ?? lastNotification
                )
        );
    }

    private async Task<long> ReadOldestReferencedAsync(
        string locationId,
        long after,
        CancellationToken cancellationToken
    ) =>
        await database.ScalarAsync<long?>(
            "select min(notification_seq) from event_log where seq > @after and location_id = @locationId",
            new { locationId, after },
            cancellationToken
        ) ?? long.MaxValue;

    private async Task DeleteFromLogAsync(
        string rows,
        string? topic,
        string locationId,
        long last,
        Func<WriteTransaction, long[], Task> delete,
        CancellationToken cancellationToken
    )
    {
        // A restore leaves a gap in the numbers that is too large to scan.
        for (
            var after = 0L;
            after < last;
            after = await ReadNextAsync(rows, after + ScannedRows, cancellationToken) - 1
        )
        {
            foreach (
                var chunk in (await ReadSeqsAsync(rows, topic, locationId, after, last, cancellationToken)).Chunk(
                    ChunkRows
                )
            )
            {
                await database.WriteAsync(
                    async transaction =>
                    {
                        await delete(transaction, chunk);
                        await transaction.RecordLogChangeAsync();
                    },
                    cancellationToken
                );
            }
        }
    }

    private Task<long> ReadNextAsync(string rows, long after, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                rows == EventRows
                    ? EventLog.ReadNextAsync(connection, after)
                    : NotificationLog.ReadNextAsync(connection, after),
            cancellationToken
        );

    private Task<IReadOnlyList<long>> ReadSeqsAsync(
        string rows,
        string? topic,
        string locationId,
        long after,
        long last,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<long>(
            rows,
            new
            {
                after,
                until = Math.Min(last, after + ScannedRows),
                locationId,
                topic,
            },
            cancellationToken
        );

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
