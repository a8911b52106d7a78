using System.Text.Json;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

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
            """from refetch_target where location_id = @locationId and kind = @KindName and "key" = @Subject""";
        if (await database.ScalarAsync<long>($"select count(*) {Target}", key, cancellationToken) > 0)
        {
            await run.StepAsync(
                transaction => transaction.ExecuteAsync($"delete {Target}", key),
                row => row.Records++,
                cancellationToken
            );
        }
    }

    private Task<IReadOnlyList<ErasedTarget>> ReadTargetsAsync(
        string locationId,
        string kind,
        string after,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<ErasedTarget>(
                    $"""
                    select "key", holders, expects
                    from refetch_target
                    where location_id = @locationId and kind = @kind and "key" > @after
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
                ),
            cancellationToken
        );

    // Reads the target again in the transaction, because routing may have changed it.
    private static async Task RewriteAsync(
        WriteTransaction transaction,
        string locationId,
        string kind,
        string key,
        PersonalIdentifiers identifiers
    )
    {
        const string Which = """where location_id = @locationId and kind = @kind and "key" = @key""";
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

internal sealed record ErasedTarget
{
    public string Key { get; init; } = "";

    public string? Holders { get; init; }

    public string? Expects { get; init; }

    /// <summary>The target without the person or device; null if it does not name them.</summary>
    public ErasedTarget? Without(PersonalIdentifiers identifiers)
    {
        var left = this with
        {
            // Without a holder left, the target covers all holders.
            Holders = Remove(Holders, TargetHolders.Parse, holder => holder == identifiers.Holder),
            Expects = Remove(
                Expects,
                TargetExpectations.Parse,
                one =>
                    one.Length > 1
                    && (one[1..] == identifiers.Holder || (identifiers.IsUser && one[1..] == identifiers.Subject))
            ),
        };
        return left == this ? null : left;
    }

    private static string? Remove(string? names, Func<string, IReadOnlyList<string>> parse, Func<string, bool> isTheirs)
    {
        if (names is null || parse(names) is not { } all || !all.Any(isTheirs))
        {
            return names;
        }

        string[] left = [.. all.Where(name => !isTheirs(name))];
        return left.Length == 0 ? null : JsonSerializer.Serialize(left);
    }
}
