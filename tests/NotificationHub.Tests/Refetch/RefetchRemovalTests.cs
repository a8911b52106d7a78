using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Refetch;

/// <summary>Five holders on pages of two.</summary>
public sealed class RefetchRemovalTests : RefetchTest
{
    private static readonly string[] Devices = ["D1", "D2", "D3", "D4", "D5"];

    private protected override int PageSize => 2;

    [Fact]
    public async Task The_assignments_of_a_retired_user_are_read_too()
    {
        Location.AddAsset("1");
        Location.AddUser("user-1", managedAppleId: "one@example.org");
        Location.AddSubscription(12345, renewing: 5);
        await Location.AssociateAsync(["1"], ["D1"], ["user-1"]);
        await Location.AssociateSubscriptionsAsync([12345], ["user-1"]);
        await ReadAsync(Asset("1"), Assignments("1"), User("user-1"), Subscription("12345"), Seats("12345"));
        Clock.Advance(TimeSpan.FromMinutes(30));
        await Location.RetireUsersAsync("user-1");
        await ReadAsync(User("user-1") with { Expects = TargetExpectations.Absent() });

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        (await CopyAsync()).Lines().ShouldNotContain("assignments/1/STDQ/user:user-1");
    }

    [Fact]
    public async Task A_user_unknown_to_Apple_is_removed_with_all_assignments()
    {
        Location.AddAsset("1");
        Location.AddUser("user-1");
        await Location.AssociateAsync(["1"], clientUserIds: ["user-1"]);
        await ReadAsync(User("user-1"), Assignments("1", "user:user-1"));
        Apple.Faults.Next("/users", Fault.Error(9609));
        Apple.Faults.Next("/assignments", Fault.Error(9609));
        await ReadAsync(User("user-1"), Assignments("1", "user:user-1"));

        (await EventsAsync(EventNames.UserChanged))[^1].Change.ShouldBe("removed");
        (await EventsAsync(EventNames.AssignmentChanged))[^1].Change.ShouldBe("removed");
    }

    [Fact]
    public async Task A_read_longer_than_a_slot_yields_and_continues_at_the_same_page()
    {
        const int pages = 40;
        string[] devices = [.. Enumerable.Range(0, pages * PageSize).Select(i => $"D{i:00}")];
        Location.AddAsset("1", total: devices.Length);
        await Location.AssociateAsync(["1"], devices);
        await RequestAsync(Assignments("1"));
        Queue.Take([LocationId]).ShouldBe([LocationId]);
        Queue.Take([LocationId, "another"]).ShouldBeEmpty();

        var left = Store.Database.Signals.TargetsRequested.Next;
        var slot = RunSlotAsync();
        await left.WaitAsync(TimeSpan.FromSeconds(60));
        Queue.Take([LocationId, "another"]).ShouldBe(["another"]);
        slot.IsCompleted.ShouldBeFalse();
        Apple.Requests.Count("/assignments").ShouldBeLessThan(pages);
        Queue.End("another");
        Queue.Take([LocationId]).ShouldBeEmpty();
        await slot;

        Apple.Requests.Count("/assignments").ShouldBe(pages);
        (await EventsAsync(EventNames.AssignmentChanged)).Count.ShouldBe(devices.Length);
    }

    [Fact]
    public async Task A_complete_read_removes_the_records_that_it_did_not_return()
    {
        await ReadAllAsync();
        Take("D1", "D4");
        await ReadAsync(Assignments("1"));

        await CopyShouldEqualAppleAsync();
    }

    [Fact]
    public async Task A_read_that_fails_midway_removes_and_loses_nothing()
    {
        await ReadAllAsync();
        Take("D5");
        Location.Silently(change => change.Associate(new("1", "STDQ"), AssignmentTarget.Device("D0")));
        Apple.Faults.Next("/assignments", NoFault(), Fault.Error(9602));
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();

        var lines = (await CopyAsync()).Lines();
        lines.ShouldContain("assignments/1/STDQ/serial:D0");
        lines.ShouldContain("assignments/1/STDQ/serial:D5");
        (await WaitingAsync()).ShouldBe(1);
        await DrainAsync();
        await CopyShouldEqualAppleAsync();
    }

    [Fact]
    public async Task A_disturbed_read_removes_nothing_and_is_repeated()
    {
        await ReadAllAsync();
        Take("D1");
        Apple.Faults.MoveVersionWhilePaging = true;
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();

        (await CopyAsync())
            .Lines()
            .Count(line => line.StartsWith("assignments", StringComparison.Ordinal))
            .ShouldBe(Devices.Length);
        (await WaitingAsync()).ShouldBe(1);
        Apple.Faults.MoveVersionWhilePaging = false;
        await DrainAsync();
        await CopyShouldEqualAppleAsync();
    }

    [Fact]
    public async Task On_a_busy_location_unseen_records_are_read_one_by_one()
    {
        await ReadAllAsync();
        Take("D1", "D5");
        Apple.Faults.MoveVersionWhilePaging = true;
        Apple.Requests.Clear();
        await ReadAsync(Assignments("1"));

        await CopyShouldEqualAppleAsync();
        Apple.Requests.All.Count(request => request.Query.Contains("serialNumber=D1")).ShouldBe(1);
        Apple.Requests.All.Count(request => request.Query.Contains("serialNumber=D5")).ShouldBe(1);
    }

    [Fact]
    public async Task An_assignment_that_appears_on_an_earlier_page_causes_no_removal()
    {
        await ReadAllAsync();
        Apple.Faults.Next(
            "/assignments",
            Fault.ThenChange(() =>
                Location.Silently(change => change.Associate(new("1", "STDQ"), AssignmentTarget.Device("D0")))
            )
        );
        await ReadAsync(Assignments("1"));

        await CopyShouldEqualAppleAsync();
        (await EventsAsync()).ShouldAllBe(entry => entry.Change != "removed");
    }

    [Fact]
    public async Task An_assignment_that_disappears_from_an_earlier_page_hides_no_other()
    {
        await ReadAllAsync();
        Apple.Faults.Next("/assignments", Fault.ThenChange(() => Take("D1")));
        await ReadAsync(Assignments("1"));

        await CopyShouldEqualAppleAsync();
        (await EventsAsync())
            .Where(entry => entry.Change == "removed")
            .Select(entry => entry.Subject)
            .ShouldBe(["assignments/1/STDQ/serial:D1"]);
    }

    [Fact]
    public async Task An_empty_page_or_a_shrinking_page_count_does_not_end_a_read()
    {
        Apple.Faults.EmptyPage = 1;
        Apple.Faults.ShrinkTotalPages = true;
        await ReadAllAsync();

        await CopyShouldEqualAppleAsync();
    }

    [Fact]
    public async Task A_repeated_cursor_removes_nothing_and_is_retried()
    {
        Location.AddSubscription(12345, renewing: 10);
        Location.AddUser("user-1", managedAppleId: "one@example.org");
        Location.AddUser("user-2", managedAppleId: "two@example.org");
        await Location.AssociateSubscriptionsAsync([12345], ["user-1", "user-2"]);
        await ReadAsync(Seats("12345"));
        await Location.DisassociateSubscriptionsAsync([12345], ["user-1"]);
        Apple.Faults.RepeatCursor = true;
        await RequestAsync(Seats("12345"));
        await RunSlotAsync();

        (await WaitingAsync()).ShouldBe(1);
        (await CopyAsync()).Lines().Count.ShouldBe(2);
        Apple.Faults.RepeatCursor = false;
        await DrainAsync();
        (await CopyAsync()).Lines().ShouldHaveSingleItem().ShouldContain("user-2");
    }

    [Fact]
    public async Task An_invalid_page_index_restarts_the_read_at_once()
    {
        await ReadAllAsync();
        Take("D3");
        Apple.Faults.Next("/assignments", NoFault(), Fault.Error(9650));
        await RequestAsync(Assignments("1"));
        await RunSlotAsync();

        (await WaitingAsync()).ShouldBe(0);
        await CopyShouldEqualAppleAsync();
    }

    private static Fault NoFault() => Fault.ThenChange(() => { });

    private async Task ReadAllAsync()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], Devices);
        await ReadAsync(Assignments("1"), Asset("1"));
    }

    /// <summary>Frees licenses without a change of the asset's counts, which have a target of their own.</summary>
    private void Take(params string[] devices) =>
        Location.Silently(change =>
        {
            foreach (var device in devices)
            {
                change.Disassociate(new("1", "STDQ"), AssignmentTarget.Device(device));
            }
        });

    private async Task CopyShouldEqualAppleAsync()
    {
        static IReadOnlyList<string> Assigned(IReadOnlyList<string> lines) =>
            [.. lines.Where(line => line.StartsWith("assignments/", StringComparison.Ordinal))];

        Assigned((await CopyAsync()).Lines()).ShouldBe(Assigned(ConsumerCopy.LinesOf(Location.ExportState())));
    }
}
