using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.OperationTracking;

/// <summary>Every transaction runs twice, as on SQL Server after a conflict, but Apple has responded only once.</summary>
public sealed class OperationRetryTests : OperationTest
{
    private protected override Database Wrap(Database database) => new RepeatingDatabase(database);

    [Fact]
    public async Task A_single_invalid_token_response_does_not_make_the_location_invalid()
    {
        await AnnounceAsync("some-event");
        Location.ContentToken.State = ContentTokenState.Invalid;
        await AdvanceAsync(TimeSpan.FromMinutes(5));

        (await Store.ScalarAsync<string>("select state from location")).ShouldBe("valid");
    }

    [Fact]
    public async Task A_retried_transition_is_counted_once()
    {
        Location.AddAsset("1");
        var eventId = Associate(["1"], Devices(3));
        await AnnounceAsync(eventId, tasks: 3);
        using var readings = new MeterReadings(Store.Meters);
        await DeliverAsync(await NotificationsAsync());
        await Passes.RunAsync();

        (await PublishedAsync()).ShouldHaveSingleItem();
        readings.Sums("notificationhub.operations.transitions").ShouldBe([("completed", 1)]);
    }
}
