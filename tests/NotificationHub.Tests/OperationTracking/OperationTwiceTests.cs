using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Every transaction is run a second time, as on SQL Server after a conflict: that is no second answer of Apple's.</summary>
public sealed class OperationTwiceTests : LedgerTest
{
    private protected override Database Wrap(Database database) => new RepeatingDatabase(database);

    [Fact]
    public async Task One_answer_that_Apple_does_not_know_the_content_token_makes_it_not_invalid()
    {
        await AnnounceAsync("some-event");
        Location.ContentToken.State = ContentTokenState.Invalid;
        await PassAsync(TimeSpan.FromMinutes(5));

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
    }

    [Fact]
    public async Task What_is_told_once_is_counted_once()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId, tasks: 3);
        using var readings = new MeterReadings(Store.Meters);
        await DeliverAsync(await NotificationsAsync());
        await Ledger.LookAsync();

        (await ToldAsync()).ShouldHaveSingleItem();
        readings.Sums("notificationhub.operations.transitions").ShouldBe([("completed", 1)]);
    }
}
