using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>The events of a topic, and how many of them the bus has accepted.</summary>
internal sealed record TopicCount(string Topic, long Appended, long Published);

/// <summary>The progress of the hub's stages, read from its database.</summary>
internal sealed record HubCounts
{
    public required long Stored { get; init; }

    public required long Routed { get; init; }

    public required IReadOnlyList<TopicCount> Topics { get; init; }

    public required long Targets { get; init; }

    public required long Requests { get; init; }

    public required long PendingTargets { get; init; }

    public required long DeadLetters { get; init; }

    /// <summary>Notifications that a relay target has not accepted yet.</summary>
    public required long RelayBacklog { get; init; }

    /// <summary>Stored but not routed: rejected, quarantined or unrecognized.</summary>
    public required long NotRouted { get; init; }

    public long Appended => Topics.Sum(topic => topic.Appended);

    public long Published => Topics.Sum(topic => topic.Published);

    public bool IsIdle => Routed == Stored && Published == Appended && PendingTargets == 0 && RelayBacklog == 0;

    public long LeftOver =>
        Stored - Routed + Appended - Published + PendingTargets + RelayBacklog + DeadLetters + NotRouted;

    public static async Task<HubCounts> ReadAsync(Database database, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var counts = await connection.QuerySingleAsync<(
            long Stored,
            long Routed,
            long Targets,
            long Requests,
            long Waiting,
            long RelayBacklog,
            long Dead,
            long NotRouted
        )>(
            """
            select
                (select count(*) from notification_log),
                (select count(*) from notification_log
                    where seq <= coalesce((select position from log_cursor where name = 'routing'), 0)),
                (select count(*) from refetch_target),
                (select coalesce(sum(requested), 0) from refetch_target),
                (select count(*) from refetch_target where requested > fetched),
                (select count(*) from relay_delivery where state = 'pending')
                    + (select count(*) from notification_log
                        where exists (select 1 from relay_target)
                            and seq > coalesce((select position from log_cursor where name = 'relay'), 0)),
                (select count(*) from dead_letter),
                (select count(*) from notification_log where disposition <> 0)
            """
        );
        // Read after the targets: the read that completes the last target appends its events in the same transaction.
        var topics = await connection.QueryAsync<TopicCount>(
            """
            select e.topic Topic, count(*) Appended,
                coalesce(sum(case when e.seq <= c.position then 1 else 0 end), 0) Published
            from event_log e
            left join log_cursor c on c.name = 'publishing:' || e.topic
            group by e.topic
            order by e.topic
            """
        );
        return new HubCounts
        {
            Stored = counts.Stored,
            Routed = counts.Routed,
            Topics = [.. topics],
            Targets = counts.Targets,
            Requests = counts.Requests,
            PendingTargets = counts.Waiting,
            RelayBacklog = counts.RelayBacklog,
            DeadLetters = counts.Dead,
            NotRouted = counts.NotRouted,
        };
    }
}
