using Dapper;
using NotificationHub.Refetch.Targets;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Refetch;

/// <summary>Several hubs on one database share the shards. When a hub stops, the others take over its shards.</summary>
public sealed class ShardSpreadTests
{
    [Fact]
    public async Task Three_hubs_share_the_shards_and_two_have_them_all_when_one_has_stopped()
    {
        await using var first = await HubHost.StartAsync();
        await WaitForCountsAsync(first, RefetchTargets.Shards);

        var database = $"Storage:ConnectionString=Data Source={Path.Combine(first.Folder, "hub.db")}";
        await using var second = await HubHost.StartAsync(database);
        await WaitForCountsAsync(first, 32, 32);
        await using var third = await HubHost.StartAsync(database);
        await WaitForCountsAsync(first, 20, 22, 22);

        await second.StopAsync();

        await WaitForCountsAsync(first, 32, 32);
    }

    private static Task WaitForCountsAsync(HubHost hub, params int[] counts) =>
        Until.TrueAsync(
            async () => (await ReadCountsAsync(hub)).SequenceEqual(counts),
            $"the replicas hold {string.Join(", ", counts)} shards"
        );

    private static async Task<IEnumerable<int>> ReadCountsAsync(HubHost hub)
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        return await connection.QueryAsync<int>(
            "select count(*) from lease where name like 'refetch-%' and owner is not null group by owner order by count(*)"
        );
    }
}
