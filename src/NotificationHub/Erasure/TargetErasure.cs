using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>Takes a person or a device out of what is to be read from Apple again.</summary>
internal sealed class TargetErasure(Database database)
{
    private const int PageRows = 2_000;

    public async Task RunAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        if (run.Identifiers.IsUser)
        {
            await ErasureUserTargetAsync(run, locationId, cancellationToken);
        }

        foreach (var kind in new[] { RecordKind.Assignment.Name, RecordKind.SubscriptionAssignment.Name })
        {
            var after = "";
            while (await ReadTargetsAsync(locationId, kind, after, cancellationToken) is { Count: > 0 } targets)
            {
                foreach (var target in targets.Where(target => ErasedTarget.Of(target, run.Identifiers) is not null))
                {
                    await run.StepAsync(
                        transaction => RewriteAsync(transaction, locationId, kind, target.Key, run.Identifiers),
                        row => row.Records++,
                        cancellationToken
                    );
                }

                after = targets[^1].Key;
            }
        }
    }

    private async Task ErasureUserTargetAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        var key = new
        {
            locationId,
            KindName = RecordKind.User.Name,
            run.Identifiers.Subject,
        };
        const string Target =
            """from refetch_target where location_id = @locationId and resource = @KindName and "key" = @Subject""";
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            if (await connection.ExecuteScalarAsync<long>($"select count(*) {Target}", key) == 0)
            {
                return;
            }
        }

        await run.StepAsync(
            transaction => transaction.ExecuteAsync($"delete {Target}", key),
            row => row.Records++,
            cancellationToken
        );
    }

    private async Task<IReadOnlyList<ErasedTarget>> ReadTargetsAsync(
        string locationId,
        string kind,
        string after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await connection.QueryAsync<ErasedTarget>(
                $"""
                select "key", holders, expects
                from refetch_target
                where location_id = @locationId and resource = @kind and "key" > @after
                order by "key"
                {connection.Limit("@PageRows")}
                """,
                new
                {
                    locationId,
                    kind,
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
        string kind,
        string key,
        PersonalIdentifiers identifiers
    )
    {
        const string Which = """where location_id = @locationId and resource = @kind and "key" = @key""";
        var now = await transaction.FirstOrDefaultAsync<ErasedTarget>(
            $"""select "key", holders, expects from refetch_target {Which}""",
            new
            {
                locationId,
                kind,
                key,
            }
        );
        if (now is not null && ErasedTarget.Of(now, identifiers) is { } left)
        {
            await transaction.ExecuteAsync(
                $"update refetch_target set holders = @Holders, expects = @Expects {Which}",
                new
                {
                    locationId,
                    kind,
                    key,
                    left.Holders,
                    left.Expects,
                }
            );
        }
    }
}
