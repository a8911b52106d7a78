using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using NotificationHub.Tests.FullSync;

namespace NotificationHub.Tests.Refetch;

/// <summary>A complete read that lacks many records must be confirmed by a second read.</summary>
public sealed class MassRemovalTests : FullSyncTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 40).Select(i => $"D{i:00}")];

    private static readonly TimeSpan Ahead = TimeSpan.FromDays(30);

    private static readonly TimeSpan RepeatAfter = new RefetchOptions().StaleReadDelay;

    private protected override int PageSize => 100;

    [Theory]
    [InlineData("asset", "/assets")]
    [InlineData("assignment", "/assignments")]
    [InlineData("subscription", "/subscriptions")]
    [InlineData("subscription-assignment", "/subscriptions/assignments")]
    public async Task A_full_sync_that_finds_nothing_once_removes_nothing(string kind, string path)
    {
        await ImportManyAsync();
        var copy = (await CopyAsync()).Lines();
        var events = (await EventsAsync()).Count;
        var began = Clock.Milliseconds;
        Apple.Faults.Next(path, Fault.NoRecords());
        await ReconcileAsync(RecordKind.FromName(kind));

        (await CopyAsync()).Lines().ShouldBe(copy);
        (await EventsAsync()).Count.ShouldBe(events);
        (Clock.Milliseconds - began).ShouldBeGreaterThanOrEqualTo((long)RepeatAfter.TotalMilliseconds);
        (await DoubtsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Records_missing_from_two_full_syncs_are_removed_and_reported_once()
    {
        await ImportManyAsync();
        Location.Silently(change => Take(change, Devices));
        await StartAsync(RecordKind.Assignment);
        await RunFullSyncSlotAsync();

        (await RemovedAsync()).ShouldBe(0);
        (await Store.ScalarAsync<string>("select last_error from full_sync where kind = 'assignment'")).ShouldBe(
            "40 of 40 records are missing; a second read must confirm this before they are removed"
        );

        await RestartAsync();
        await RunFullSyncSlotAsync();

        (await RemovedAsync()).ShouldBe(40);
        (await CopyAsync())
            .Lines()
            .ShouldNotContain(line => line.StartsWith("assignments/1/", StringComparison.Ordinal));
        var reported = (await EventsAsync(EventNames.ReconcileMassRemoval)).ShouldHaveSingleItem();
        JsonSerializer
            .Deserialize(reported.Data, EventJsonContext.Wire.ReconcileMassRemoval)
            .ShouldBe(
                new ReconcileMassRemoval
                {
                    Resource = "assignment",
                    Known = 40,
                    Removed = 40,
                }
            );
        (await DoubtsAsync()).ShouldBe(0);
        (await Store.ScalarAsync<string>("select last_error from full_sync where kind = 'assignment'")).ShouldBeNull();
    }

    [Fact]
    public async Task A_second_read_that_lacks_other_records_is_doubted_too()
    {
        Location.AddAsset("2", total: 100);
        string[] others = [.. Devices.Select(device => $"other-{device}")];
        await Location.AssociateAsync(["2"], others);
        await ImportManyAsync();
        await StartAsync(RecordKind.Assignment);
        Location.Silently(change => Take(change, Devices));
        await RunFullSyncSlotAsync();
        Location.Silently(change =>
        {
            Give(change, Devices);
            others.ToList().ForEach(device => change.Disassociate(new("2", "STDQ"), AssignmentTarget.Device(device)));
        });
        await RunFullSyncSlotAsync();

        (await RemovedAsync()).ShouldBe(0);
        await RunFullSyncSlotAsync();
        (await RemovedAsync()).ShouldBe(40);
        (await CopyAsync()).Lines().ShouldContain("assignments/1/STDQ/serial:D00");
        (await CopyAsync()).Lines().ShouldNotContain("assignments/2/STDQ/serial:other-D00");
    }

    [Theory]
    [InlineData(40, 24, 1)]
    [InlineData(40, 25, 2)]
    [InlineData(125, 25, 1)]
    [InlineData(125, 26, 2)]
    public async Task Few_records_or_a_small_share_are_removed_at_once(int known, int gone, int reads)
    {
        string[] devices = [.. Enumerable.Range(0, known).Select(i => $"D{i:000}")];
        Location.AddAsset("1", total: known);
        await Location.AssociateAsync(["1"], devices);
        await ImportAsync();
        Location.Silently(change => Take(change, devices[..gone]));
        var before = FirstPages();
        await ReconcileAsync(RecordKind.Assignment);

        (await RemovedAsync()).ShouldBe(gone);
        (FirstPages() - before).ShouldBe(reads);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).Count.ShouldBe(reads - 1);
    }

    [Fact]
    public async Task A_refetch_of_an_asset_that_finds_no_assignments_once_removes_none()
    {
        await ImportManyAsync();
        var copy = (await CopyAsync()).Lines();
        Apple.Faults.Next("/assignments", Fault.NoRecords());
        await RequestAsync(Asset("1"), Assignments("1"));
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(copy);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).ShouldBeEmpty();
        (await DoubtsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Notifications_do_not_confirm_a_doubted_refetch_early()
    {
        await ImportManyAsync();
        Apple.Faults.Next("/assignments", Fault.NoRecords(), Fault.NoRecords());
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();
        await Store.ExecuteAsync("update refetch_target set due_at = 0");
        await RunSlotAsync();

        (await RemovedAsync()).ShouldBe(0);
        (await WaitingAsync()).ShouldBe(1);
        var dueAt = await Store.ScalarAsync<long>("select due_at from refetch_target where doubted_at is not null");
        (dueAt - Clock.Milliseconds).ShouldBeInRange(1, (long)RepeatAfter.TotalMilliseconds);
        await DrainAsync();
        (await RemovedAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task Records_missing_from_two_refetches_are_removed_and_reported()
    {
        await ImportManyAsync();
        Location.Silently(change => Take(change, Devices));
        await ReadAsync(Assignments("1"));

        (await RemovedAsync()).ShouldBe(40);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).Count.ShouldBe(1);
        (await DoubtsAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_notified_removal_that_the_assets_count_confirms_is_not_delayed()
    {
        await ImportManyAsync();
        await Location.DisassociateAsync(["1"], Devices);
        var before = FirstPages();
        await ReadAsync(Asset("1"), Assignments("1"));

        (await RemovedAsync()).ShouldBe(40);
        (FirstPages() - before).ShouldBe(1);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_clock_that_was_ahead_at_the_first_full_sync_does_not_delay_the_second()
    {
        await ImportManyAsync();
        Location.Silently(change => Take(change, Devices));
        Clock.SetWall(Ahead);
        await StartAsync(RecordKind.Assignment);
        await RunFullSyncSlotAsync();
        Clock.SetWall(-Ahead);
        // As the repair of due times does.
        await StartAsync(RecordKind.Assignment);
        await RunFullSyncSlotAsync();

        (await RemovedAsync()).ShouldBe(0, "the time of the first read is unknown");
        await ShouldBeRepeatedAsync("full_sync");
        await RunFullSyncSlotAsync();
        (await RemovedAsync()).ShouldBe(40);
    }

    [Fact]
    public async Task A_clock_that_was_ahead_at_the_first_refetch_does_not_delay_the_second()
    {
        await ImportManyAsync();
        Location.Silently(change => Take(change, Devices));
        Clock.SetWall(Ahead);
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();
        Clock.SetWall(-Ahead);
        await Store.ExecuteAsync("update refetch_target set due_at = 0");
        await RunSlotAsync();

        (await RemovedAsync()).ShouldBe(0, "the time of the first read is unknown");
        await ShouldBeRepeatedAsync("refetch_target");
        await RunSlotAsync();
        (await RemovedAsync()).ShouldBe(40);
    }

    [Theory]
    [InlineData("serial:X")]
    [InlineData("user:user-0")]
    public async Task A_read_of_one_holder_that_finds_none_of_many_assignments_once_removes_none(string holder)
    {
        var assets = await ImportHolderAsync(holder);
        var copy = (await CopyAsync()).Lines();
        Apple.Requests.Clear();
        Apple.Faults.Next("/assignments", Fault.NoRecords());
        await ReadAsync([.. assets.Select(asset => Assignments(asset, holder))]);

        (await CopyAsync()).Lines().ShouldBe(copy);
        HolderReads().ShouldBe(2);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).ShouldBeEmpty();
        (await DoubtsAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("serial:X")]
    [InlineData("user:user-0")]
    public async Task Assignments_missing_from_two_reads_of_a_holder_are_removed_and_reported(string holder)
    {
        var assets = await ImportHolderAsync(holder);
        Location.Silently(change => assets.ForEach(asset => change.Disassociate(new(asset, "STDQ"), TargetOf(holder))));
        Apple.Requests.Clear();
        await ReadAsync([.. assets.Select(asset => Assignments(asset, holder))]);

        (await RemovedAsync()).ShouldBe(assets.Count);
        HolderReads().ShouldBe(2);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("serial:X")]
    [InlineData("user:user-0")]
    public async Task Removals_that_notifications_reported_for_a_holder_are_not_delayed(string holder)
    {
        var assets = await ImportHolderAsync(holder);
        Location.Silently(change => assets.ForEach(asset => change.Disassociate(new(asset, "STDQ"), TargetOf(holder))));
        Apple.Requests.Clear();
        await ReadAsync([.. assets.Select(asset => Assignments(asset, holder) with { Expects = $"-{holder}" })]);

        (await RemovedAsync()).ShouldBe(assets.Count);
        HolderReads().ShouldBe(1);
        (await EventsAsync(EventNames.ReconcileMassRemoval)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_first_doubted_holder_of_a_target_counts_until_the_next_slot()
    {
        await RequestAsync(Assignments("1"));
        await DoubtAsync(5, 9);
        (await Store.ScalarAsync<long>("select doubted_number from refetch_target")).ShouldBe(5);

        await DoubtAsync(12, 15);
        (await Store.ScalarAsync<long>("select doubted_number from refetch_target")).ShouldBe(12);
    }

    /// <summary>Doubts the target's reads within one slot.</summary>
    private async Task DoubtAsync(params long[] numbers)
    {
        await using var connection = await Store.Database.OpenReaderAsync(CancellationToken.None);
        var target = (
            await TargetStore.ReadDueAsync(connection, LocationId, DateTimeOffset.MaxValue)
        ).ShouldHaveSingleItem();
        foreach (var number in numbers)
        {
            var assessment = new RemovalAssessment(RemovalOutcome.Doubted, 40, 40, new RemovalDoubt(number, At(0)));
            await Store.Database.WriteAsync(
                transaction => new TargetStore(Timing).DoubtAsync(transaction, target, assessment, now: At(0)),
                CancellationToken.None
            );
        }
    }

    private async Task ShouldBeRepeatedAsync(string table)
    {
        var dueAt = await Store.ScalarAsync<long>($"select due_at from {table} where doubted_at is not null");
        (dueAt - Clock.Milliseconds).ShouldBeInRange(1, (long)RepeatAfter.TotalMilliseconds);
    }

    /// <summary>Imports forty assets that the holder has.</summary>
    private async Task<List<string>> ImportHolderAsync(string holder)
    {
        List<string> assets = [.. Enumerable.Range(100, Devices.Length).Select(i => $"{i}")];
        Location.AddUser("user-0", managedAppleId: "user-0@example.org");
        assets.ForEach(asset => Location.AddAsset(asset));
        Location.Silently(change => assets.ForEach(asset => change.Associate(new(asset, "STDQ"), TargetOf(holder))));
        await ImportAsync();
        return assets;
    }

    private static AssignmentTarget TargetOf(string holder) =>
        RecordKeys.ParseHolder(holder) is { SerialNumber: { } serial }
            ? AssignmentTarget.Device(serial)
            : AssignmentTarget.User(RecordKeys.ParseHolder(holder).ClientUserId!);

    private int HolderReads()
    {
        var reads = Apple.Requests.All.Where(request => request.Path == "/assignments").ToList();
        reads.ShouldAllBe(request => !request.Query.Contains("adamId", StringComparison.Ordinal));
        return reads.Count;
    }

    private async Task ImportManyAsync()
    {
        Location.AddAsset("1", total: 100);
        for (var i = 0; i < Devices.Length; i++)
        {
            Location.AddAsset($"{100 + i}");
            Location.AddSubscription(1000 + i, renewing: 5);
            Location.AddUser($"user-{i}", managedAppleId: $"user-{i}@example.org");
        }

        Location.AddSubscription(12345, renewing: 100);
        await Location.AssociateAsync(["1"], Devices);
        await Location.AssociateSubscriptionsAsync([12345], [.. Devices.Select((_, i) => $"user-{i}")]);
        await ImportAsync();
    }

    /// <summary>Makes only this kind due.</summary>
    private Task StartAsync(RecordKind kind) =>
        Store.ExecuteAsync(
            "update full_sync set due_at = case when kind = @Name then @Milliseconds end",
            new { kind.Name, Clock.Milliseconds }
        );

    private static void Take(RecordsChange change, IEnumerable<string> devices)
    {
        foreach (var device in devices)
        {
            change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device(device));
        }
    }

    private static void Give(RecordsChange change, IEnumerable<string> devices)
    {
        foreach (var device in devices)
        {
            change.Associate(new("1", "STDQ"), AssignmentTarget.Device(device));
        }
    }

    private int FirstPages() =>
        Apple.Requests.All.Count(request =>
            request.Path == "/assignments" && !request.Query.Contains("pageIndex", StringComparison.Ordinal)
        );

    private async Task<int> RemovedAsync() =>
        (await EventsAsync(EventNames.AssignmentChanged)).Count(entry => entry.Change == RecordChanges.Removed);

    private Task<long> DoubtsAsync() =>
        Store.ScalarAsync<long>(
            """
            select (select count(*) from full_sync where doubted_number is not null)
                + (select count(*) from refetch_target where doubted_number is not null)
            """
        );
}
