using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Refetch;

/// <summary>Every transaction is run a second time, as on SQL Server after a conflict: nothing may be lost with the first run.</summary>
public sealed class RefetchTwiceTests : RefetchTest
{
    private const int Users = 250;

    private static readonly string[] Ids = [.. Enumerable.Range(0, Users).Select(i => $"user-{i:000}")];

    private protected override int PageSize => 100;

    private protected override Database Wrap(Database database) => new RepeatingDatabase(database);

    [Fact]
    public async Task Every_retired_user_is_removed_exactly_once()
    {
        Array.ForEach(Ids, id => Location.AddUser(id));
        await ReadAsync([.. Ids.Select(User)]);
        await Location.RetireUsersAsync(Ids);
        await ReadAsync([.. Ids.Select(User)]);

        (await EventsAsync(EventNames.UserChanged)).Count(entry => entry.Change == "removed").ShouldBe(Users);
        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }

    [Fact]
    public async Task Targets_that_share_a_read_complete_with_it_and_are_counted_once()
    {
        Array.ForEach(Ids, id => Location.AddUser(id));
        await RequestAsync([.. Ids.Select(User)]);
        await RequestAsync([.. Ids.Select(User)]);
        using var readings = new MeterReadings(Store.Meters);
        await RunSlotAsync();

        (await WaitingAsync()).ShouldBe(0);
        readings.Sums("notificationhub.refetch.coalesced").Sum(of => of.Sum).ShouldBe(Users);
    }

    [Fact]
    public async Task A_target_on_a_busy_location_completes()
    {
        Location.AddAsset("1", total: Users);
        string[] devices = [.. Enumerable.Range(0, Users).Select(i => $"D{i:000}")];
        await Location.AssociateAsync(["1"], devices);
        await ReadAsync(Asset("1"), Assignments("1"));
        await Location.DisassociateAsync(["1"], ["D001", "D200"]);
        Apple.Faults.MoveVersionWhilePaging = true;
        await ReadAsync(Asset("1"), Assignments("1"));

        (await CopyAsync()).Lines().ShouldBe(ConsumerCopy.LinesOf(Location.ExportState()));
    }
}
