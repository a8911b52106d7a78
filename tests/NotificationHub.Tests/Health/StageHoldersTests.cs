using NotificationHub.Health;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

public sealed class StageHoldersTests : IAsyncLifetime
{
    private const string Self = "hub-1:7:self";
    private const string Other = "hub-2:8:other";

    private TestDatabase store = null!;

    public async ValueTask InitializeAsync() => store = await TestDatabase.OpenAsync();

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_lease_is_held_here_elsewhere_or_by_nobody()
    {
        await HoldAsync("routing", Self);
        await HoldAsync("publishing:assets", Other);
        await HoldAsync("operations", Other, expired: true);

        var holders = await ReadAsync();

        holders.Of(StageNames.Routing).ShouldBe(new StageHolder("here", Replica: null, 1, 0, 0));
        holders.Of("publishing:assets").ShouldBe(new StageHolder("elsewhere", "hub-2:8", 0, 1, 0));
        holders.Of(StageNames.Operations).ShouldBe(new StageHolder("nobody", Replica: null, 0, 0, 1));
        holders.Of(StageNames.Locations).Word.ShouldBe("nobody");
    }

    [Fact]
    public async Task Shards_are_counted()
    {
        await HoldAsync("refetch-00", Self);
        await HoldAsync("refetch-01", Other);
        await HoldAsync("refetch-63", Other);

        (await ReadAsync()).Of(StageNames.FullSyncs).ShouldBe(new StageHolder("shared", "hub-2:8", 1, 2, 61));
    }

    private async Task<StageHolders> ReadAsync()
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        return await StageHolders.ReadAsync(store.Database, connection, Self);
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
