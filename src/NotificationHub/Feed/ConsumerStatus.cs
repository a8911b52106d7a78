using System.Data.Common;
using Dapper;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using NotificationHub.Auth;
using NotificationHub.FullSync;
using NotificationHub.Publishing;
using NotificationHub.Publishing.ServiceBus;
using NotificationHub.Replays;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>What a consumer sees of the hub's progress, restricted to the scope of its key.</summary>
/// <param name="Sequence">The last <c>seq</c> of the event log.</param>
/// <param name="OldestUnroutedAt">When the oldest notification without an event was received; null if there is none.</param>
/// <param name="NextLocation">The <c>after</c> of the next page of locations; null on the last page.</param>
internal sealed record ConsumerStatus(
    DateTimeOffset Time,
    long Sequence,
    DateTimeOffset? OldestUnroutedAt,
    IReadOnlyList<ConsumerTopic> Topics,
    IReadOnlyList<ConsumerLocation> Locations,
    string? NextLocation
);

/// <param name="Published">The <c>seq</c> up to which the topic's events were sent; null without Service Bus.</param>
/// <param name="Lag">The number of unsent events, counted up to 100,000; null without Service Bus.</param>
/// <param name="DeadLetters">Unresolved dead letters of the hub.</param>
/// <param name="Replays">Unfinished replays.</param>
internal sealed record ConsumerTopic(
    string Topic,
    long? Published,
    long? Lag,
    double? LagSeconds,
    DateTimeOffset? OldestUnpublishedAt,
    long DeadLetters,
    IReadOnlyList<ConsumerReplay> Replays
);

internal sealed record ConsumerReplay(
    string Id,
    string? Subscription,
    string State,
    long Sent,
    long Events,
    string? Error
);

/// <param name="Import"><c>done</c>, or how far the import of the records is.</param>
internal sealed record ConsumerLocation(string Location, string State, string? Import);

internal sealed class ConsumerStatusReader(Database database, IOptions<ServiceBusOptions> bus, TimeProvider time)
{
    private const int MaxLocations = 1_000;

    /// <param name="after">The location before the page.</param>
    public async Task<ConsumerStatus> ReadAsync(ConsumerScope scope, string after, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var now = time.GetUtcNow();
        var deadLetters = await CountDeadLettersAsync(connection, scope);
        var replays = await ReplayStore.ListUnfinishedAsync(connection);
        List<ConsumerTopic> topics = [];
        foreach (var topic in TopicMap.Topics.Where(scope.HasTopic))
        {
            topics.Add(
                (await ReadTopicAsync(connection, topic, now, cancellationToken)) with
                {
                    DeadLetters = deadLetters.GetValueOrDefault(topic),
                    Replays =
                    [
                        .. replays
                            .Where(replay => replay.Topic == topic && scope.HasLocation(replay.Location))
                            .Select(replay => new ConsumerReplay(
                                replay.Id!,
                                replay.Subscription,
                                replay.State!,
                                replay.Sent,
                                replay.Events,
                                replay.Error
                            )),
                    ],
                }
            );
        }

        var locations = await ReadLocationsAsync(connection, scope, after);
        return new ConsumerStatus(
            now,
            await EventLog.ReadLastAsync(connection),
            await ReadOldestUnroutedAsync(connection),
            topics,
            locations,
            locations.Count == MaxLocations ? locations[^1].Location : null
        );
    }

    private async Task<ConsumerTopic> ReadTopicAsync(
        DbConnection connection,
        string topic,
        DateTimeOffset now,
        CancellationToken cancellationToken
    )
    {
        if (!bus.Value.IsConfigured)
        {
            return new ConsumerTopic(topic, null, null, null, null, 0, []);
        }

        var (lag, oldest) = await new TopicLog(topic, database, time).MeasureAsync(cancellationToken);
        return new ConsumerTopic(
            topic,
            await TopicLog.ReadPositionAsync(connection, topic),
            lag,
            oldest is { } at && at < now ? (now - at).TotalSeconds : 0,
            oldest,
            0,
            []
        );
    }

    private static async Task<Dictionary<string, long>> CountDeadLettersAsync(
        DbConnection connection,
        ConsumerScope scope
    ) => (
            await connection.QueryAsync<(string Topic, string? Location, long Count)>(
                """
                select d.topic, e.location_id, count(*)
                from dead_letter d
                left join event_log e on e.seq = d.event_seq
                where d.resolved_at is null
                group by d.topic, e.location_id
                """
            )
        ).Where(row => scope.HasLocation(row.Location)).GroupBy(row => row.Topic, StringComparer.Ordinal).ToDictionary(rows => rows.Key, rows => rows.Sum(row => row.Count), StringComparer.Ordinal);

    private static async Task<DateTimeOffset?> ReadOldestUnroutedAsync(DbConnection connection) =>
        await connection.QueryFirstOrDefaultAsync<DateTimeOffset?>(
            $"""
            select received_at
            from notification_log
            where seq > coalesce((select position from log_cursor where name = 'routing'), 0)
            order by seq
            {connection.Limit("1")}
            """
        );

    private static async Task<IReadOnlyList<ConsumerLocation>> ReadLocationsAsync(
        DbConnection connection,
        ConsumerScope scope,
        string after
    )
    {
        var rows = await connection.ListAsync<(string Location, string State)>(
            $"""
            select location_id, state
            from location
            where location_id > @after and state <> 'removed'
            order by location_id
            {connection.Limit("@limit")}
            """,
            new { after, limit = scope.Locations is null ? MaxLocations : int.MaxValue }
        );
        List<(string Location, string State)> chosen =
        [
            .. rows.Where(row => scope.HasLocation(row.Location)).Take(MaxLocations),
        ];
        var progress = await LocationProgress.ReadAsync(connection, [.. chosen.Select(row => row.Location)]);
        return
        [
            .. chosen.Select(row => new ConsumerLocation(
                row.Location,
                row.State,
                progress.GetValueOrDefault(row.Location)?.Import
            )),
        ];
    }
}

internal static class ConsumerStatusEndpoint
{
    public static void MapConsumerStatus(this IEndpointRouteBuilder routes) => routes.MapGet("/status", ReadAsync);

    private static async Task<Ok<ConsumerStatus>> ReadAsync(
        string? after,
        HttpContext context,
        ConsumerStatusReader status,
        CancellationToken cancellationToken
    ) => TypedResults.Ok(await status.ReadAsync(ConsumerScope.From(context.User), after ?? "", cancellationToken));
}
