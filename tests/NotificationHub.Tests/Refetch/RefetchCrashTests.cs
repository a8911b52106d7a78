using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Tests.Refetch;

public sealed class RefetchCrashTests : RefetchTest
{
    private static readonly string[] Devices = [.. Enumerable.Range(0, 9).Select(i => $"D{i}")];

    private protected override int PageSize => 3;

    [Fact]
    public async Task A_transaction_that_fails_between_chunks_costs_only_a_repeated_read()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], Devices);
        await Store.ExecuteAsync(
            """
            create trigger crash before insert on snapshot when new.key like '%D7'
            begin
                select raise(abort, 'crash');
            end
            """
        );
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();

        (await EventsAsync()).Count.ShouldBe(6);
        (await WaitingAsync()).ShouldBe(1);
        await Store.ExecuteAsync("drop trigger crash");
        await DrainAsync();
        var events = await EventsAsync();
        events.Count.ShouldBe(Devices.Length);
        events.ShouldAllBe(entry => entry.Cause == "baseline");
    }

    [Fact]
    public async Task A_replica_that_lost_its_lease_commits_nothing_more()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], Devices);
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => { }), Fault.ThenChange(RevokeLease));
        await RequestAsync(Assignments("1"));
        await Should.ThrowAsync<LeaseLostException>(RunSlotAsync);

        (await EventsAsync()).Count.ShouldBe(3);
        Held = await AcquireAsync();
        await DrainAsync();
        (await EventsAsync()).Count.ShouldBe(Devices.Length);
    }

    [Fact]
    public async Task Holders_that_were_read_before_the_lease_was_lost_are_not_read_again()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["D1", "D2", "D3"]);
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => { }), Fault.ThenChange(RevokeLease));
        await RequestAsync([.. new[] { "D1", "D2", "D3" }.Select(device => Assignments("1", $"serial:{device}"))]);
        await Should.ThrowAsync<LeaseLostException>(RunSlotAsync);
        Held = await AcquireAsync();
        await DrainAsync();

        Apple.Requests.Count("/assignments").ShouldBe(4);
        (await CopyAsync()).Lines().Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_target_that_is_requested_during_its_read_is_read_again()
    {
        Location.AddAsset("1");
        Apple.Faults.Next("/assets", Fault.ThenChange(RequestDuringRead));
        await RequestAsync(Asset("1"));
        await RunSlotAsync();

        (await WaitingAsync()).ShouldBe(1);
        await DrainAsync();
        Apple.Requests.Count("/assets").ShouldBe(2);
        (await EventsAsync()).Select(entry => entry.Change).ShouldBe(["added", "updated"]);
    }

    [Fact]
    public async Task A_read_older_than_the_stored_record_is_not_stored()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        await Store.ExecuteAsync("update snapshot set read_number = read_number + 100");
        await Location.AssociateAsync(["1"], ["D1"]);
        await ReadAsync(Asset("1"));
        Location.Silently(change => change.RemoveAsset(new("1", "STDQ")));
        await ReadAsync(Asset("1"));

        (await EventsAsync()).Count.ShouldBe(1);
    }

    private void RevokeLease() =>
        Store
            .ExecuteAsync("update lease set owner = null, expires_at = 0, fencing_token = fencing_token + 1")
            .GetAwaiter()
            .GetResult();

    private void RequestDuringRead()
    {
        Location.Silently(change => change.ChangeTotal(new("1", "STDQ"), 1));
        RequestAsync(Asset("1")).GetAwaiter().GetResult();
    }
}
