using NotificationHub.Locations.RelayTargets;

namespace NotificationHub.Tests.Storage;

public abstract class RelayTargetContract : StoreContract
{
    private static readonly Uri Url = new("https://mdm.example.com/notify");

    [Fact]
    public async Task A_target_starts_after_the_last_notification_and_is_stored_unchanged()
    {
        var last = (await Database.AppendAsync(Notification("a"))).Seq;

        var added = await AddAsync(Url, [0, 255]);

        added.FromSeq.ShouldBe(last);
        (await FindAsync(added)).ShouldBeEquivalentTo(added);
        (await ListAsync("location-1")).ShouldHaveSingleItem().TargetId.ShouldBe(added.TargetId);
        (await ListAsync("LOCATION-1")).ShouldBeEmpty();
        (await ListAsync(null)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Adding_the_same_URL_again_replaces_only_the_secret()
    {
        var added = await AddAsync(Url, [1]);
        await Database.AppendAsync(Notification("a"));

        var again = await AddAsync(Url, secret: null);

        again.ShouldBeEquivalentTo(added with { Secret = null });
        (await FindAsync(added)).ShouldBeEquivalentTo(again);
        (await AddAsync(new Uri(Url, "other"), [1])).TargetId.ShouldNotBe(added.TargetId);
    }

    [Fact]
    public async Task A_removed_target_loses_its_secret_and_is_not_found()
    {
        var added = await AddAsync(Url, [1]);

        (await SetStateAsync(added, RelayTargetState.Stopped)).ShouldBeTrue();
        (await FindAsync(added))!.State.ShouldBe(RelayTargetState.Stopped);
        (await WriteAsync(transaction => RelayTargetStore.RemoveAsync(transaction, added.TargetId))).ShouldBeTrue();

        (await FindAsync(added)).ShouldBeNull();
        (await ListAsync("location-1")).ShouldBeEmpty();
        (await Test.ScalarAsync<long>("select count(*) from relay_target where secret is not null")).ShouldBe(0);
        (await SetStateAsync(added, RelayTargetState.Running)).ShouldBeFalse();
        (await WriteAsync(transaction => RelayTargetStore.RemoveAsync(transaction, added.TargetId))).ShouldBeFalse();
    }

    private Task<RelayTarget> AddAsync(Uri url, byte[]? secret) =>
        WriteAsync(transaction => RelayTargetStore.AddAsync(transaction, "location-1", url, secret));

    private Task<bool> SetStateAsync(RelayTarget target, string state) =>
        WriteAsync(transaction => RelayTargetStore.SetStateAsync(transaction, target.TargetId, state));

    private async Task<RelayTarget?> FindAsync(RelayTarget target)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await RelayTargetStore.FindAsync(connection, target.TargetId);
    }

    private async Task<IReadOnlyList<RelayTarget>> ListAsync(string? locationId)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await RelayTargetStore.ListAsync(connection, locationId);
    }
}

public sealed class SqliteRelayTargetTests : RelayTargetContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerRelayTargetTests : RelayTargetContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
