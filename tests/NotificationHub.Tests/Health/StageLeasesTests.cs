using NotificationHub.Health;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

public sealed class StageLeasesTests : IAsyncLifetime
{
    private const string Self = "hub-1:7:self";
    private const string Other = "hub-2:8:other";

    private TestDatabase store = null!;

    public async ValueTask InitializeAsync() => store = await TestDatabase.OpenAsync();

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task The_owner_is_this_replica_another_replica_or_none()
    {
        await HoldAsync("routing", Self);
        await HoldAsync("publishing:assets", Other);
        await HoldAsync("operations", Other, expired: true);

        var leases = await ReadAsync();

        leases.FindHolder(["routing"]).ShouldBe(new StageHolder("this-replica", Replica: null, 1, 0, 0));
        leases.FindHolder(["publishing:assets"]).ShouldBe(new StageHolder("other-replica", "hub-2:8", 0, 1, 0));
        leases.FindHolder(["operations"]).ShouldBe(new StageHolder("none", Replica: null, 0, 0, 1));
        leases.FindHolder(["locations"]).Kind.ShouldBe("none");
    }

    [Fact]
    public async Task Shards_are_counted()
    {
        await HoldAsync("refetch-00", Self);
        await HoldAsync("refetch-01", Other);
        await HoldAsync("refetch-63", Other);

        (await ReadAsync())
            .FindHolder(RefetchShards.LeaseNames)
            .ShouldBe(new StageHolder("shared", "hub-2:8", 1, 2, 61));
    }

    private async Task<StageLeases> ReadAsync()
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        return await StageLeases.ReadAsync(store.Database, connection, Self);
    }

    private Task HoldAsync(string name, string owner, bool expired = false) =>
        store.ExecuteAsync(
            "insert into lease (name, owner, fencing_token, expires_at, duration) values (@name, @owner, 1, @expiresAt, @expiresAt)",
            new
            {
                name,
                owner,
                expiresAt = expired ? 0 : long.MaxValue / 4,
            }
        );
}
