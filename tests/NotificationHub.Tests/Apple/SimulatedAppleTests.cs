using NotificationHub.Apple;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Apple;

/// <summary>The client against the simulated Apple, which was written from the same facts but not from the same code.</summary>
public sealed class SimulatedAppleTests
{
    [Fact]
    public async Task Every_read_finds_what_is_there_and_asks_for_nothing_that_Apple_does_not_document()
    {
        await using var apple = await SimulatedApple.StartAsync(new SimulatedAppleOptions { PageSize = 2 });
        var location = apple.AddLocation();
        location.AddAsset("1001", total: 10);
        location.AddUser("client-1", "one@example.com");
        location.AddUser("client-2", managedAppleId: "two@example.com");
        location.AddSubscription(5001, renewing: 3);
        var eventId = await location.AssociateAsync(["1001"], serialNumbers: ["A", "B", "C"]);
        await location.AssociateSubscriptionsAsync([5001], ["client-2"]);
        apple.Faults.Next("/assets", Fault.InternalError(), Fault.Abort());

        await Reading(
            apple,
            location,
            async session =>
            {
                var assets = await session.ReadAssetsAsync(new AssetQuery { AdamId = "1001" }, default).ToListAsync();
                assets.ShouldHaveSingleItem().Items.ShouldHaveSingleItem().AvailableCount.ShouldBe(7);
                var query = new AssignmentQuery { AdamId = "1001", IncludeUserState = true };
                var assignments = await session.ReadAssignmentsAsync(query, default).ToListAsync();
                assignments.Select(page => page.Items.Count).ShouldBe([2, 1]);
                var users = await session
                    .ReadUsersAsync(new UserQuery { ClientUserId = "client-1" }, default)
                    .ToListAsync();
                users.ShouldHaveSingleItem().Items.ShouldHaveSingleItem().Email.ShouldBe("one@example.com");
                (await session.GetEventStatusAsync(eventId, default)).IsSuccess.ShouldBeTrue();
                (await session.GetClientConfigAsync(default)).UId.ShouldBe(location.UId);
                await SubscriptionsAreThere(session);
            }
        );

        apple.Violations.ShouldBeEmpty();
    }

    private static async Task SubscriptionsAreThere(AppleSession session)
    {
        var query = new SubscriptionAssignmentQuery { AdamId = "5001", ClientUserId = "client-2" };
        var seats = await session.ReadSubscriptionAssignmentsAsync(query, default).ToListAsync();
        seats.SelectMany(page => page.Items).ShouldHaveSingleItem().Renewing.ShouldBe(true);
        var subscriptions = await session.ReadSubscriptionsAsync(new SubscriptionQuery(), default).ToListAsync();
        subscriptions.SelectMany(page => page.Items).ShouldHaveSingleItem().Counts!.Assigned!.Renewing.ShouldBe(1);
    }

    private static async Task Reading(SimulatedApple apple, SimulatedLocation location, Func<AppleSession, Task> read)
    {
        using var handler = AppleClient.CreateHandler();
        using var http = new HttpClient(handler);
        var options = new AppleClientOptions { BaseUrl = apple.BaseUrl, RetryDelay = TimeSpan.FromMilliseconds(1) };
        using var client = new AppleClient(http, options, TimeProvider.System);
        using var rate = new RequestRate(TimeProvider.System, requestsPerSecond: 14);

        await read(new AppleSession(client, NotificationHub.Apple.ContentToken.Parse(location.ContentTokenFile), rate));
    }
}
