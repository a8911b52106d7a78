using System.Text;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

// It appends no event, because nothing has changed at Apple.
internal sealed class SnapshotErasure(Database database)
{
    private const int PageRows = 2_000;
    private const int ChunkRows = 50;

    public async Task CollectAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        if (!run.Identifiers.IsUser)
        {
            return;
        }

        var key = UserKeys.Escape(run.Identifiers.Subject);
        var retired = KeyRange.Under(key);
        var records = await database.QueryAsync<string>(
            """
            select data
            from snapshot
            where location_id = @locationId and kind = @Name and data is not null
                and ("key" = @key or "key" >= @From and "key" < @Below)
            """,
            new
            {
                locationId,
                RecordKind.User.Name,
                key,
                retired.From,
                retired.Below,
            },
            cancellationToken
        );
        foreach (var record in records)
        {
            JsonRedaction.Collect(Encoding.UTF8.GetBytes(record), run.Identifiers);
        }
    }

    public async Task RunAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        await EraseAsync(run, locationId, RecordKind.User, cancellationToken);
        await EraseAsync(run, locationId, RecordKind.Assignment, cancellationToken);
        await EraseAsync(run, locationId, RecordKind.SubscriptionAssignment, cancellationToken);
    }

    private async Task EraseAsync(
        ErasureState run,
        string locationId,
        RecordKind kind,
        CancellationToken cancellationToken
    )
    {
        var isTheirs = CreateCondition(kind, run.Identifiers);
        var after = "";
        while (await ReadKeysAsync(locationId, kind, after, cancellationToken) is { Count: > 0 } keys)
        {
            foreach (var chunk in keys.Where(isTheirs).Chunk(ChunkRows))
            {
                await run.StepAsync(
                    transaction =>
                        transaction.ExecuteAsync(
                            """
                            delete from snapshot where location_id = @locationId and kind = @Name and "key" in @chunk
                            """,
                            new
                            {
                                locationId,
                                kind.Name,
                                chunk = chunk.InList(),
                            }
                        ),
                    row => row.Records += chunk.Length,
                    cancellationToken
                );
            }

            after = keys[^1];
        }
    }

    private static Func<string, bool> CreateCondition(RecordKind kind, PersonalIdentifiers identifiers) =>
        kind == RecordKind.Assignment ? identifiers.IsAssignment
        : kind == RecordKind.SubscriptionAssignment ? identifiers.IsSubscriptionAssignment
        : key => identifiers.IsUser && RecordKeys.ActiveUser(key) == UserKeys.Escape(identifiers.Subject);

    private Task<IReadOnlyList<string>> ReadKeysAsync(
        string locationId,
        RecordKind kind,
        string after,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<string>(
                    $"""
                    select "key"
                    from snapshot
                    where location_id = @locationId and kind = @Name and "key" > @after
                    order by "key"
                    {connection.Limit("@PageRows")}
                    """,
                    new
                    {
                        locationId,
                        kind.Name,
                        after,
                        PageRows,
                    }
                ),
            cancellationToken
        );
}
