using NotificationHub.Refetch.Targets;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Refetch;

/// <summary>Apple's responses lag behind its notifications.</summary>
public sealed class StaleReadTests : RefetchTest
{
    [Fact]
    public async Task A_read_that_contradicts_the_notification_is_repeated_after_a_delay()
    {
        await LagAsync();
        await RequestAsync(Asset("1"), Assignments("1", "serial:D1") with { Expects = "+serial:D1" });
        // The counts first, then the holders.
        await RunSlotAsync();
        await RunSlotAsync();
        var readAt = Clock.Milliseconds;
        Location.ThawReads();
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        Apple.Requests.Count("/assignments").ShouldBe(2);
        Apple.Requests.Count("/assets").ShouldBe(2, "the counts lag, too");
        (Clock.Milliseconds - readAt).ShouldBeInRange(28_000, 35_000);
    }

    [Fact]
    public async Task Every_holder_that_a_stale_read_contradicts_is_read_again()
    {
        string[] devices = ["D1", "D2", "D3"];
        Location.AddAsset("1");
        Location.FreezeReads();
        await Location.AssociateAsync(["1"], devices);
        await RequestAsync([
            .. devices.Select(device =>
                Assignments("1", $"serial:{device}") with
                {
                    Expects = TargetExpectations.Present($"serial:{device}"),
                }
            ),
        ]);
        await RunSlotAsync();
        Location.ThawReads();
        await DrainAsync();

        (await CopyAsync())
            .Lines()
            .Count(line => line.StartsWith("assignments/", StringComparison.Ordinal))
            .ShouldBe(3);
        Apple.Requests.Count("/assignments").ShouldBe(6);
    }

    [Fact]
    public async Task A_stale_read_is_repeated_only_once()
    {
        await LagAsync();
        await ReadAsync(Assignments("1", "serial:D1") with { Expects = "+serial:D1" });

        Apple.Requests.Count("/assignments").ShouldBe(2);
        (await WaitingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_later_notification_can_be_contradicted_again()
    {
        await LagAsync();
        await ReadAsync(Assignments("1", "serial:D1") with { Expects = "+serial:D1" });
        await ReadAsync(Assignments("1", "serial:D1") with { Expects = "+serial:D1" });

        Apple.Requests.Count("/assignments").ShouldBe(4);
    }

    [Theory]
    [InlineData("+serial:D1", 2)]
    [InlineData("-serial:D1", 1)]
    [InlineData(null, 1)]
    public async Task Only_a_contradiction_costs_a_request(string? expects, int requests)
    {
        Location.AddAsset("1");
        await ReadAsync(Assignments("1", "serial:D1") with { Expects = expects });

        Apple.Requests.Count("/assignments").ShouldBe(requests);
    }

    [Fact]
    public async Task A_purchase_that_changed_no_count_is_read_again()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        Location.FreezeReads();
        Location.Silently(change => change.ChangeTotal(new("1", "STDQ"), 5));
        Clock.Advance(TimeSpan.FromMinutes(10));
        await RequestAsync(Asset("1") with { Expects = TargetExpectations.Changed });
        await RunSlotAsync();
        Location.ThawReads();
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task Counts_that_lag_behind_an_assignment_are_read_again()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        Clock.Advance(TimeSpan.FromMinutes(10));
        Location.FreezeReads();
        Location.Silently(change => change.Associate(new("1", "STDQ"), AssignmentTarget.Device("D1")));
        await RequestAsync(
            Asset("1") with
            {
                Expects = TargetExpectations.ForResult("SUCCESS"),
            },
            Assignments("1", "serial:D1")
        );
        await RunSlotAsync();
        Location.ThawReads();
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
        Apple.Requests.Count("/assets").ShouldBe(3);
    }

    [Fact]
    public async Task Counts_that_changed_a_moment_ago_are_believed()
    {
        Location.AddAsset("1");
        await ReadAsync(Asset("1"));
        Clock.Advance(TimeSpan.FromMinutes(3));
        await ReadAsync(Asset("1") with { Expects = TargetExpectations.Changed });

        Apple.Requests.Count("/assets").ShouldBe(2);
    }

    [Fact]
    public async Task A_user_reported_as_retired_but_still_active_is_read_again()
    {
        Location.AddUser("user-1");
        await ReadAsync(User("user-1"));
        Location.FreezeReads();
        Location.Silently(change => change.RetireUser("user-1"));
        await RequestAsync(User("user-1") with { Expects = TargetExpectations.Absent() });
        await RunSlotAsync();
        Location.ThawReads();
        await DrainAsync();

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    private async Task LagAsync()
    {
        Location.AddAsset("1");
        Location.FreezeReads();
        await Location.AssociateAsync(["1"], ["D1"]);
    }
}
