using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Storage;

public abstract class LocationContract : StoreContract
{
    private static readonly Location Full = new()
    {
        LocationId = "location-1",
        UId = "2049025000431439",
        Name = "Schüler's \"library\"",
        StateName = LocationState.Valid.ToWireName(),
        StateSince = At(1),
        ReceiveOnly = false,
        MdmId = "mdm",
        MdmName = "MDM",
        MdmMetadata = "",
        NotificationUrl = "https://hub.example.com/notifications/location-1",
        NotificationTypes = """["ASSET_COUNT"]""",
        ContentToken = [0, 255, 1],
        TokenExpiresAt = At(2_000_000_000_000),
        CreatedAt = At(2),
        RegisteredAt = At(3),
    };

    [Fact]
    public async Task A_location_is_stored_unchanged()
    {
        await SaveAsync(Full);

        (await FindAsync("location-1")).ShouldBeEquivalentTo(Full);
        (await FindAsync("LOCATION-1")).ShouldBeNull();
    }

    [Fact]
    public async Task Saving_again_replaces_the_mutable_columns_and_stores_nulls()
    {
        await SaveAsync(Full);
        var bare = Full with
        {
            UId = null,
            Name = null,
            MdmId = null,
            MdmName = null,
            MdmMetadata = null,
            NotificationUrl = null,
            NotificationTypes = null,
            ContentToken = null,
            TokenExpiresAt = null,
            RegisteredAt = null,
        };

        await SaveAsync(bare);

        (await FindAsync("location-1")).ShouldBeEquivalentTo(bare);
        (await Test.ScalarAsync<long>("select count(*) from location")).ShouldBe(1);
    }

    [Fact]
    public async Task A_library_can_be_registered_again_only_after_its_location_was_removed()
    {
        await SaveAsync(Full);
        var again = Full with { LocationId = "location-2" };

        var refusal = await Should.ThrowAsync<Exception>(() => SaveAsync(again));

        Database.IsDuplicateKey(refusal).ShouldBeTrue();
        (await FindAsync("location-2")).ShouldBeNull();
        await SaveAsync(Full with { LocationId = "location-3", UId = null });
        await SaveAsync(Full with { LocationId = "location-4", UId = null });

        await WriteAsync(transaction =>
            LocationStore.SetRemovedAsync(transaction, "location-1", reason: null, now: At(9))
        );
        await SaveAsync(again);

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await LocationStore.FindByUIdAsync(connection, Full.UId))!.LocationId.ShouldBe("location-2");
    }

    [Fact]
    public async Task A_replaced_configuration_is_stored_once_and_found_after_the_removal()
    {
        var replaced = new ReplacedConfiguration
        {
            LocationId = "location-1",
            NotificationUrl = "https://mdm.example.com/in",
            Secret = [0, 255],
            NotificationTypes = """["ASSET_COUNT"]""",
            MdmId = "mdm",
            MdmName = "MDM",
            MdmMetadata = "",
            ReplacedAt = At(5),
        };
        var bare = replaced with { Secret = null, MdmId = null, MdmName = null, MdmMetadata = null };
        await SaveAsync(Full);

        await WriteAsync(transaction => ReplacedConfigurations.SaveAsync(transaction, bare));
        (await FindReplacedAsync()).ShouldBeEquivalentTo(bare);
        await WriteAsync(transaction => ReplacedConfigurations.SaveAsync(transaction, replaced));

        (await FindReplacedAsync()).ShouldBeEquivalentTo(replaced);
        (await FindRemovedAsync()).ShouldBeNull();
        await WriteAsync(transaction =>
            LocationStore.SetRemovedAsync(transaction, "location-1", reason: null, now: At(9))
        );
        (await FindRemovedAsync()).ShouldBeEquivalentTo(replaced);
        await WriteAsync(transaction => LocationStore.DeleteAsync(transaction, "location-1"));
        (await FindReplacedAsync()).ShouldBeNull();

        Task<ReplacedConfiguration?> FindReplacedAsync() =>
            Database.ReadAsync(
                connection => ReplacedConfigurations.FindAsync(connection, "location-1"),
                CancellationToken.None
            );

        Task<ReplacedConfiguration?> FindRemovedAsync() =>
            Database.ReadAsync(
                connection => ReplacedConfigurations.FindRemovedAsync(connection, Full.NotificationUrl),
                CancellationToken.None
            );
    }

    [Fact]
    public async Task Locations_are_paged_in_creation_order()
    {
        foreach (var (id, createdAt) in ((string, long)[])[("c", 1), ("b", 2), ("a", 2), ("d", 3)])
        {
            await SaveAsync(Full with { LocationId = id, UId = null, CreatedAt = At(createdAt) });
        }

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var first = await LocationStore.ListAsync(connection, limit: 2);
        var second = await LocationStore.ListAsync(connection, after: first[^1].LocationId, limit: 5);

        first.Select(location => location.LocationId).ShouldBe(["c", "a"]);
        second.Select(location => location.LocationId).ShouldBe(["b", "d"]);
    }

    [Fact]
    public async Task Each_change_that_replicas_must_load_has_its_own_version()
    {
        var other = await Test.OpenAnotherAsync();
        var before = await VersionAsync();

        var versions = await Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => Task.Run(() => IncrementVersionAsync(i % 2 == 0 ? Database : other)))
        );

        versions.Order().ShouldBe(Enumerable.Range(1, 10).Select(i => before + i));
        (await VersionAsync()).ShouldBe(before + 10);
    }

    [Fact]
    public async Task A_change_of_state_is_published_once()
    {
        await SaveAsync(Full);

        var first = await RevokeAsync();
        var second = await RevokeAsync();

        (first, second).ShouldBe((true, false));
        (await FindAsync("location-1"))!.StateReason.ShouldBe("9625");
        (await Test.QueryAsync<string>("select type from event_log")).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_secret_changes_from_pending_to_retired()
    {
        byte[] older = [.. Enumerable.Repeat((byte)1, 32)];
        byte[] newer = [.. Enumerable.Repeat((byte)2, 32)];
        await SaveAsync(Full);
        await WriteAsync(transaction => SecretStore.AddAsync(transaction, "location-1", older, now: At(1)));
        await WriteAsync(transaction => SecretStore.AddAsync(transaction, "location-1", newer, now: At(2)));
        (await SecretsAsync()).ShouldBe([(2, "pending"), (1, "pending")]);

        var changed = await WriteAsync(transaction =>
            SecretStore.ConfirmAsync(transaction, "location-1", newer, proven: true, now: At(3))
        );

        changed.ShouldBe(2);
        (await SecretsAsync()).ShouldBe([(2, "active"), (1, "retiring")]);
        (
            await Test.ScalarAsync<long>("select superseded_at from notification_secret where state = 'retiring'")
        ).ShouldBe(3);
        await WriteAsync(transaction => SecretStore.WithdrawAsync(transaction, "location-1", newer));
        (await SecretsAsync()).Count.ShouldBe(2, "only a pending secret can be withdrawn");
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_retires_no_secret()
    {
        // Both secrets are old enough by the database's clock, but not by the elapsed time.
        var now = await WriteAsync(transaction => transaction.NowAsync());
        var clock = new ManualClock(now - TimeSpan.FromMinutes(20));
        await SaveSecretsAsync(clock.GetUtcNow().ToUnixTimeMilliseconds());
        using var leases = NewLeases();
        var trusted = new TrustedClock(Database, clock, NullLogger<TrustedClock>.Instance);
        await RunSecretLifecycleAsync(trusted, leases);
        clock.SetWall(TimeSpan.FromMinutes(20));
        await RunSecretLifecycleAsync(trusted, leases);
        (await SecretsAsync()).ShouldBe([(3, "pending"), (2, "active"), (1, "retiring")]);

        clock.Advance(SecretStore.Grace);
        await RunSecretLifecycleAsync(trusted, leases);

        (await SecretsAsync()).ShouldBe([(3, "retired"), (2, "active"), (1, "retired")]);
    }

    [Fact]
    public async Task A_secret_with_a_future_time_retires_after_the_grace_period()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await SaveSecretsAsync(clock.GetUtcNow().AddYears(1).ToUnixTimeMilliseconds());
        using var leases = NewLeases();
        var trusted = new TrustedClock(Database, clock, NullLogger<TrustedClock>.Instance);
        await RunSecretLifecycleAsync(trusted, leases);
        (await SecretsAsync()).ShouldBe([(3, "pending"), (2, "active"), (1, "retiring")]);

        clock.Advance(SecretStore.Grace);
        await RunSecretLifecycleAsync(trusted, leases);

        (await SecretsAsync()).ShouldBe([(3, "retired"), (2, "active"), (1, "retired")]);
    }

    /// <summary>The previous secret, the current one, and one of a request without effect.</summary>
    private async Task SaveSecretsAsync(long at)
    {
        await SaveAsync(Full);
        for (byte number = 1; number <= 3; number++)
        {
            byte[] sha256 = [.. Enumerable.Repeat(number, 32)];
            await WriteAsync(transaction => SecretStore.AddAsync(transaction, "location-1", sha256, At(at)));
            if (number == 2)
            {
                await WriteAsync(transaction =>
                    SecretStore.ConfirmAsync(transaction, "location-1", sha256, proven: true, At(at))
                );
            }
        }
    }

    private LeaseKeeper NewLeases() =>
        new(Database, Options.Create(Test.Options), TimeProvider.System, NullLogger<LeaseKeeper>.Instance);

    /// <summary>A pass of the secret lifecycle, and a Client Config with the active secret.</summary>
    private async Task RunSecretLifecycleAsync(TrustedClock trusted, LeaseKeeper leases)
    {
        var lease = (await leases.TryAcquireAsync("secrets", CancellationToken.None)).ShouldNotBeNull();
        await new SecretLifecycle(Database, trusted).RunAsync(lease, CancellationToken.None);
        await WriteAsync(transaction => SecretStore.RetireUnusedAsync(transaction, "location-1"));
        await leases.ReleaseAsync(lease, CancellationToken.None);
    }

    private Task SaveAsync(Location location) =>
        WriteAsync(transaction => LocationStore.SaveAsync(transaction, location));

    private async Task<Location?> FindAsync(string id)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await LocationStore.FindAsync(connection, id);
    }

    private async Task<bool> RevokeAsync()
    {
        var used = (await FindAsync("location-1"))!;
        return await WriteAsync(transaction =>
            LocationStore.SetStateAsync(transaction, used, LocationState.Revoked, reason: "9625")
        );
    }

    private static Task<long> IncrementVersionAsync(Database database) =>
        RetryUntilStoredAsync(() =>
            database.WriteAsync(transaction => LocationStore.IncrementVersionAsync(transaction), CancellationToken.None)
        );

    private Task<long> VersionAsync() =>
        Test.ScalarAsync<long>("select value from change_counter where name = 'locations'");

    private async Task<IReadOnlyList<(int First, string State)>> SecretsAsync()
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return
        [
            .. (await SecretStore.ListAsync(connection, "location-1")).Select(secret =>
                ((int)secret.Sha256[0], secret.State)
            ),
        ];
    }
}

public sealed class SqliteLocationTests : LocationContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerLocationTests : LocationContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
