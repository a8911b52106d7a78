using System.Text;
using Dapper;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Privacy;

/// <summary>
/// Takes a person or a device out of what is known of Apple's records and out of what is to be read again. No event tells of it: nothing has changed
/// at Apple. (The places of surveys and the words of faults name nobody.)
/// </summary>
internal sealed class RecordPurge(Database database)
{
    private const int PageRows = 2_000;
    private const int ChunkRows = 50;

    /// <summary>Finds what else the snapshot says of who a user is.</summary>
    public async Task CollectAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        var key = UserKeys.Of(run.Terms.Subject);
        var (from, below) = (KeyRange.Under(key).From, KeyRange.Under(key).Below);
        foreach (var locationId in run.Terms.IsUser ? await LocationsAsync(run, cancellationToken) : [])
        {
            await using var connection = await database.OpenReaderAsync(cancellationToken);
            var records = await connection.QueryAsync<string>(
                """
                select data
                from snapshot
                where location_id = @locationId and kind = @Name and data is not null
                    and ("key" = @key or "key" >= @from and "key" < @below)
                """,
                new
                {
                    locationId,
                    SnapshotKind.User.Name,
                    key,
                    from,
                    below,
                }
            );
            foreach (var record in records)
            {
                JsonRedaction.Collect(Encoding.UTF8.GetBytes(record), run.Terms);
            }
        }
    }

    public async Task RunAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        foreach (var locationId in await LocationsAsync(run, cancellationToken))
        {
            await PurgeSnapshotAsync(run, locationId, SnapshotKind.User, cancellationToken);
            await PurgeSnapshotAsync(run, locationId, SnapshotKind.Assignment, cancellationToken);
            await PurgeSnapshotAsync(run, locationId, SnapshotKind.SubscriptionAssignment, cancellationToken);
            await PurgeTargetsAsync(run, locationId, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<string>> LocationsAsync(PurgeRun run, CancellationToken cancellationToken)
    {
        if (run.Row.LocationId is { } one)
        {
            return [one];
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (await connection.QueryAsync<string>("select location_id from location order by location_id")).AsList();
    }

    private async Task PurgeSnapshotAsync(
        PurgeRun run,
        string locationId,
        SnapshotKind kind,
        CancellationToken cancellationToken
    )
    {
        var of = ConditionOf(kind, run.Terms);
        var after = "";
        while (await ReadKeysAsync(locationId, kind, after, cancellationToken) is { Count: > 0 } keys)
        {
            foreach (var chunk in keys.Where(of).Chunk(ChunkRows))
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
                                chunk,
                            }
                        ),
                    row => row.Records += chunk.Length,
                    cancellationToken
                );
            }

            after = keys[^1];
        }
    }

    private static Func<string, bool> ConditionOf(SnapshotKind kind, PersonalTerms terms) =>
        kind == SnapshotKind.Assignment ? terms.IsAssignment
        : kind == SnapshotKind.SubscriptionAssignment ? terms.IsSubscriptionAssignment
        : key => terms.IsUser && RecordKeys.ActiveUser(key) == UserKeys.Of(terms.Subject);

    private async Task<IReadOnlyList<string>> ReadKeysAsync(
        string locationId,
        SnapshotKind kind,
        string after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<string>(
                """
                select "key"
                from snapshot
                where location_id = @locationId and kind = @Name and "key" > @after
                order by "key"
                limit @PageRows
                """,
                new
                {
                    locationId,
                    kind.Name,
                    after,
                    PageRows,
                }
            )
        ).AsList();
    }

    private async Task PurgeTargetsAsync(PurgeRun run, string locationId, CancellationToken cancellationToken)
    {
        if (run.Terms.IsUser)
        {
            await PurgeUserTargetAsync(run, locationId, cancellationToken);
        }

        foreach (var resource in new[] { RefetchResources.Assignments, RefetchResources.SubscriptionAssignments })
        {
            var after = "";
            while (await ReadTargetsAsync(locationId, resource, after, cancellationToken) is { Count: > 0 } targets)
            {
                foreach (var target in targets.Where(target => PurgedTarget.Of(target, run.Terms) is not null))
                {
                    await run.StepAsync(
                        transaction => RewriteAsync(transaction, locationId, resource, target.Key, run.Terms),
                        row => row.Records++,
                        cancellationToken
                    );
                }

                after = targets[^1].Key;
            }
        }
    }

    private async Task PurgeUserTargetAsync(PurgeRun run, string locationId, CancellationToken cancellationToken)
    {
        var key = new
        {
            locationId,
            RefetchResources.User,
            run.Terms.Subject,
        };
        const string Which =
            """from refetch_target where location_id = @locationId and resource = @User and "key" = @Subject""";
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            if (await connection.ExecuteScalarAsync<long>($"select count(*) {Which}", key) == 0)
            {
                return;
            }
        }

        await run.StepAsync(
            transaction => transaction.ExecuteAsync($"delete {Which}", key),
            row => row.Records++,
            cancellationToken
        );
    }

    private async Task<IReadOnlyList<PurgedTarget>> ReadTargetsAsync(
        string locationId,
        string resource,
        string after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<PurgedTarget>(
                """
                select "key", holders, expects
                from refetch_target
                where location_id = @locationId and resource = @resource and "key" > @after
                order by "key"
                limit @PageRows
                """,
                new
                {
                    locationId,
                    resource,
                    after,
                    PageRows,
                }
            )
        ).AsList();
    }

    /// <summary>Read again within the transaction: routing adds to it all the time.</summary>
    private static async Task RewriteAsync(
        WriteTransaction transaction,
        string locationId,
        string resource,
        string key,
        PersonalTerms terms
    )
    {
        const string Which = """where location_id = @locationId and resource = @resource and "key" = @key""";
        var now = await transaction.FirstOrDefaultAsync<PurgedTarget>(
            $"""select "key", holders, expects from refetch_target {Which}""",
            new
            {
                locationId,
                resource,
                key,
            }
        );
        if (now is not null && PurgedTarget.Of(now, terms) is { } left)
        {
            await transaction.ExecuteAsync(
                $"update refetch_target set holders = @Holders, expects = @Expects {Which}",
                new
                {
                    locationId,
                    resource,
                    key,
                    left.Holders,
                    left.Expects,
                }
            );
        }
    }
}
