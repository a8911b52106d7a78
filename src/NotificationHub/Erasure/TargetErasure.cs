using System.Text.Json;
using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>Removes a person or device from the refetch targets.</summary>
internal sealed class TargetErasure(Database database)
{
    private const int PageRows = 2_000;

    public async Task RunAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        if (run.Identifiers.IsUser)
        {
            await DeleteUserTargetAsync(run, locationId, cancellationToken);
        }

        foreach (var kind in new[] { RecordKind.Assignment.Name, RecordKind.SubscriptionAssignment.Name })
        {
            var after = "";
            while (await ReadTargetsAsync(locationId, kind, after, cancellationToken) is { Count: > 0 } targets)
            {
                foreach (var target in targets.Where(target => target.Without(run.Identifiers) is not null))
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

    private async Task DeleteUserTargetAsync(ErasureState run, string locationId, CancellationToken cancellationToken)
    {
        var key = new
        {
            locationId,
            KindName = RecordKind.User.Name,
            run.Identifiers.Subject,
        };
        const string Target =
            """from refetch_target where location_id = @locationId and resource = @KindName and "key" = @Subject""";
        if (
            await database.ReadAsync(
                connection => connection.ExecuteScalarAsync<long>($"select count(*) {Target}", key),
                cancellationToken
            ) == 0
        )
        {
            return;
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

    // Reads the target again in the transaction, because routing may have changed it.
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
        if (now is not null && now.Without(identifiers) is { } left)
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

/// <summary>The columns of a refetch target that name holders.</summary>
internal sealed record ErasedTarget
{
    public string Key { get; init; } = "";

    public string? Holders { get; init; }

    public string? Expects { get; init; }

    /// <summary>The target without the person or device; null if it does not name them.</summary>
    public ErasedTarget? Without(PersonalIdentifiers identifiers)
    {
        var holders = Remove(
            Holders is null ? null : TargetHolders.Parse(Holders),
            holder => holder == identifiers.Holder
        );
        var expects = Remove(
            Expects is null ? null : TargetExpectations.Parse(Expects),
            one =>
                one.Length > 1
                && (one[1..] == identifiers.Holder || (identifiers.IsUser && one[1..] == identifiers.Subject))
        );
        return holders is null && expects is null
            ? null
            : this with
            {
                // Without a holder left, the target covers all holders.
                Holders =
                    holders is null ? Holders
                    : holders.Count == 0 ? null
                    : JsonSerializer.Serialize(holders),
                Expects =
                    expects is null ? Expects
                    : expects.Count == 0 ? null
                    : JsonSerializer.Serialize(expects),
            };
    }

    private static List<string>? Remove(IReadOnlyList<string>? names, Func<string, bool> isTheirs)
    {
        List<string> left = [.. (names ?? []).Where(name => !isTheirs(name))];
        return names is null || left.Count == names.Count ? null : left;
    }
}
