using Dapper;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>How far the hub is with changes that an operator requested.</summary>
/// <param name="PendingReads">Records that the hub must still read from Apple.</param>
/// <param name="Events">Events about the changes, by type.</param>
/// <param name="Unpublished">Events about the changes that a topic has not accepted yet.</param>
internal sealed record WriteState(
    IReadOnlyList<Operation> Operations,
    long PendingReads,
    IReadOnlyDictionary<string, long> Events,
    long Unpublished
)
{
    public bool IsDone =>
        Operations.All(operation => OperationStates.IsClosed(operation.State)) && PendingReads == 0 && Unpublished == 0;

    /// <summary>Whether Apple completed every task.</summary>
    public bool IsSuccess => Operations.All(operation => operation.State == OperationStates.Completed);

    public override string ToString() =>
        $"Apple: {Operations.Count(operation => OperationStates.IsClosed(operation.State))} of {Operations.Count} requests finished. "
        + $"Hub: records to read: {PendingReads}, events: {Events.Values.Sum()}, not published yet: {Unpublished}.";
}

/// <summary>Follows changes that an operator requested until Apple has finished and the hub has published what changed.</summary>
internal sealed class WriteProgress(Database database, ReplicaBarrier replicas, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    // Apple may take ten minutes, and notifications may follow later.
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(15);

    /// <summary>Begins before the change is sent, so that none of its events is missed.</summary>
    /// <returns>The last event before the change.</returns>
    public async Task<long> BeginAsync(CancellationToken cancellationToken) =>
        await replicas.IsAnyLiveAsync(cancellationToken)
            ? await database.ReadAsync(EventLog.ReadLastAsync, cancellationToken)
            : throw new LocationException(
                LocationErrorCode.NoLiveReplica,
                "No hub is running on this database, so nothing would follow the change. Nothing was sent. "
                    + "Start the hub, or run the command without --wait."
            );

    /// <param name="report">Receives each new state.</param>
    /// <returns>The last state. It is not done if Apple or the hub takes longer than 15 minutes.</returns>
    public async Task<WriteState> FollowAsync(
        string locationId,
        IReadOnlyCollection<string> eventIds,
        long after,
        Action<WriteState> report,
        CancellationToken cancellationToken
    )
    {
        var startedAt = time.GetTimestamp();
        var last = "";
        while (true)
        {
            var state = await ReadAsync(locationId, eventIds, after, cancellationToken);
            if (state.ToString() != last)
            {
                last = state.ToString();
                report(state);
            }

            if (state.IsDone || time.GetElapsedTime(startedAt) >= MaxWait)
            {
                return state;
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private async Task<WriteState> ReadAsync(
        string locationId,
        IReadOnlyCollection<string> eventIds,
        long after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        List<Operation> operations = [];
        foreach (var eventId in eventIds)
        {
            operations.AddRange(
                (await OperationStore.FindAsync(connection, eventId)).Where(one => one.LocationId == locationId)
            );
        }

        var pending = await connection.ExecuteScalarAsync<long>(
            """
            select count(*)
            from refetch_target
            where location_id = @locationId and requested > fetched and correlation_id in @ids
            """,
            new { locationId, ids = eventIds.InList() }
        );
        // A topic without a cursor is not published.
        var events = (
            await connection.QueryAsync<(string Type, long Count, long Unpublished)>(
                """
                select e.type, count(*), sum(case when e.seq > c.position then 1 else 0 end)
                from event_log e
                left join log_cursor c on c.name = concat('publishing:', e.topic)
                where e.seq > @after and e.location_id = @locationId and e.correlation_id in @ids
                group by e.type
                order by e.type
                """,
                new
                {
                    locationId,
                    ids = eventIds.InList(),
                    after,
                }
            )
        ).AsList();
        return new WriteState(
            operations,
            pending,
            events.ToDictionary(row => row.Type, row => row.Count, StringComparer.Ordinal),
            events.Sum(row => row.Unpublished)
        );
    }
}
