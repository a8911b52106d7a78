using System.Text;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Refetch;

/// <summary>A faulty target or location does not affect others.</summary>
public sealed class RefetchIsolationTests : RefetchTest
{
    private protected override Database Wrap(Database database) => new InterferingDatabase(database);

    [Theory]
    [InlineData("nonsense", null)]
    [InlineData("assignment", "no JSON")]
    [InlineData("assignment", """["x"]""")]
    public async Task An_invalid_target_does_not_block_other_targets(string kind, string? holders)
    {
        Location.AddAsset("1");
        await RequestAsync(Asset("1"), new MergedRequest(LocationId, RecordKind.FromName(kind), "2/STDQ"));
        await Store.ExecuteAsync(
            "update refetch_target set due_at = 1, holders = @holders where kind = @kind",
            new { kind, holders }
        );
        await RunSlotAsync();
        await RunSlotAsync();

        (await EventsAsync(EventNames.AssetChanged)).ShouldHaveSingleItem();
        (await Store.ScalarAsync<long>("select attempts from refetch_target where key = '2/STDQ'")).ShouldBe(1);
    }

    [Fact]
    public async Task A_content_token_that_cannot_be_decrypted_pauses_its_location()
    {
        await RequestAsync(Asset("1"));
        await Store.ExecuteAsync("update location set content_token = x'00'");

        (await RunSlotAsync()).ShouldBe(0);

        (await Store.ScalarAsync<long>("select paused_until from location")).ShouldBeGreaterThan(Clock.Milliseconds);
        (await WaitingAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_failed_read_of_a_user_names_neither_the_user_nor_what_Apple_wrote()
    {
        var attempts = new RefetchOptions().MaxAttempts;
        Apple.Faults.Next("/users", [.. Enumerable.Repeat(Fault.Error(9602), attempts)]);
        await RequestAsync(User("jane@example.com"));
        for (var attempt = 0; attempt < attempts; attempt++)
        {
            await RunSlotAsync();
        }

        var failed = (await EventsAsync(EventNames.RefetchFailed)).ShouldHaveSingleItem();
        failed.Subject.ShouldBe("user");
        Encoding
            .UTF8.GetString(failed.Data)
            .ShouldBe($$"""{"resource":"user","attempts":{{attempts}},"fault":"InvalidArgument 9602"}""");
        (await Store.ScalarAsync<string>("select last_error from refetch_target")).ShouldBe("InvalidArgument 9602");
    }

    [Fact]
    public async Task The_reason_of_a_state_is_the_kind_of_error_and_its_number()
    {
        Apple.Faults.Next("/assets", Fault.Error(9625));
        await RequestAsync(Asset("1"));
        await RunSlotAsync();

        (await Store.ScalarAsync<string>("select state_reason from location")).ShouldBe("TokenRevoked 9625");
    }

    [Fact]
    public async Task A_running_slot_writes_nothing_for_a_removed_location()
    {
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        var slot = new RefetchContext(Store.Database, Held, session: null!, slot: null!, CancellationToken.None)
        {
            Location = (await LocationStore.FindAsync(connection, LocationId))!,
            Cause = "notification",
            ImportedKinds = new HashSet<RecordKind>(),
        };
        await slot.WriteAsync(RecordAttemptAsync);
        await Store.ExecuteAsync("update location set state = 'removed'");

        await Should.ThrowAsync<LocationClosedException>(() => slot.WriteAsync(RecordAttemptAsync));

        (await Store.ScalarAsync<long>("select count(*) from snapshot_state")).ShouldBe(1);
    }

    [Fact]
    public async Task An_import_does_not_begin_for_a_location_that_is_just_removed()
    {
        var fullSyncs = CreateFullSyncs();
        RemoveBeforeNextWrite();

        await Should.ThrowAsync<LocationClosedException>(() =>
            fullSyncs.RunAsync(LocationId, Held, CancellationToken.None)
        );
        (await Store.ScalarAsync<long>("select count(*) from full_sync")).ShouldBe(0);
    }

    [Fact]
    public async Task An_undecryptable_content_token_pauses_no_location_that_is_just_removed()
    {
        await RequestAsync(Asset("1"));
        Clock.Advance(TimeSpan.FromMinutes(10));
        await Store.ExecuteAsync("update location set content_token = x'00'");
        RemoveBeforeNextWrite();

        await Should.ThrowAsync<LocationClosedException>(() =>
            Pass.ReadDueAsync(LocationId, Held, CancellationToken.None)
        );
        (await Store.ScalarAsync<long?>("select paused_until from location")).ShouldBeNull();
    }

    private void RemoveBeforeNextWrite() =>
        ((InterferingDatabase)Store.Database).BeforeNextWrite("update location set state = 'removed'");

    private static Task RecordAttemptAsync(WriteTransaction transaction) =>
        transaction.ExecuteAsync(
            "insert into snapshot_state (location_id, kind, version_id) select 'location-1', 'r' || count(*), 'v' from snapshot_state"
        );
}
