using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleSubscriptionTests : AppleTest
{
    [Fact]
    public async Task Administrators_are_added_and_removed_synchronously()
    {
        Location.AddSubscription(11, renewing: 1);
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddUser("u2", managedAppleId: "u2@example.com");

        var added = await PostAsync("/subscriptions/admins/add", Admins(11, "u1", "u2"));
        var removed = await PostAsync("/subscriptions/admins/remove", Admins(11, "u1"));

        (await AdminsAsync()).ShouldBe(["u2"]);
        added
            .Body.Select(member => member.Key)
            .ShouldBe(["uId", "tokenExpirationDate", "versionId"], ignoreOrder: true);
        ((string?)removed.Body["versionId"]).ShouldNotBe((string?)added.Body["versionId"]);
        Apple.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("add", 12, "u1", 9813)]
    [InlineData("add", 11, "registered", 9814)]
    [InlineData("remove", 11, "u1", 9815)]
    public async Task An_error_means_that_nothing_was_changed(string path, long adamId, string user, int errorNumber)
    {
        Location.AddSubscription(11, renewing: 1);
        Location.AddUser("u0", managedAppleId: "u0@example.com");
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddUser("registered");
        Location.AddSubscriptionAdmin(11, "before");

        (await PostAsync($"/subscriptions/admins/{path}", Admins(adamId, "u0", user))).ShouldBe(400, errorNumber);

        (await AdminsAsync()).ShouldBe(["before"]);
    }

    [Fact]
    public async Task Subscriptions_can_be_disabled_only_if_there_are_none()
    {
        var enabled = await SendAsync(HttpMethod.Post, "/subscriptions/enable", null);
        Location.AddSubscription(11, renewing: 1);

        (await SendAsync(HttpMethod.Post, "/subscriptions/disable", null)).ShouldBe(400, 9818);
        Location.SetSubscriptionSeats(11, renewing: 0, expiring: 0);
        var disabled = await SendAsync(HttpMethod.Post, "/subscriptions/disable", null);

        ((bool)enabled.Body["subscriptionManagement"]!).ShouldBeTrue();
        enabled.Body.ContainsKey("mdmInfo").ShouldBeTrue();
        ((bool)disabled.Body["subscriptionManagement"]!).ShouldBeFalse();
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Subscriptions_renew_and_expire_at_the_end_of_each_billing_period()
    {
        await using var apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, BillingPeriod = TimeSpan.FromDays(30) }
        );
        var location = apple.AddLocation();
        location.AddSubscription(11, renewing: 3, expiring: 2);
        location.AddSubscription(12, renewing: 0, expiring: 2);
        var end = DateOnly.FromDateTime(Clock.GetUtcNow().UtcDateTime).AddDays(30);
        location.ExportState().Subscriptions.ShouldAllBe(subscription => subscription.PeriodEndDate == end);

        Clock.Advance(TimeSpan.FromDays(30));

        location
            .ExportState()
            .Subscriptions.Select(subscription =>
                (subscription.Status, subscription.TotalRenewing, subscription.TotalExpiring)
            )
            .ShouldBe([("ACTIVE", 3, 0), ("INACTIVE", 0, 0)]);
        location.ExportState().Subscriptions[0].PeriodEndDate.ShouldBe(end.AddDays(30));
    }

    [Fact]
    public async Task Deferred_disassociations_end_even_if_the_seat_ended_or_was_assigned_again()
    {
        Location.AddSubscription(11, renewing: 5);
        foreach (var user in new[] { "ann", "bob", "eve" })
        {
            Location.AddUser(user, managedAppleId: $"{user}@example.com");
        }

        await Location.AssociateSubscriptionsAsync([11], ["ann", "bob", "eve"]);
        var eventId = Location.DisassociateSubscriptionsLater([11], ["ann", "bob", "eve"]);
        await Location.RetireUsersAsync("bob");
        await Location.AssociateSubscriptionsAsync([11], ["eve"]);
        ((string?)(await GetAsync("/status?eventId=" + eventId)).Body["eventStatus"]).ShouldBe("PENDING");

        Location.EndBillingPeriod(11);

        Clock.Advance(TimeSpan.FromMinutes(1));
        var status = await GetAsync("/status?eventId=" + eventId);
        ((string?)status.Body["eventStatus"]).ShouldBe("FAILED");
        ((int)status.Body["numCompleted"]!).ShouldBe(2);
        var failure = status.Rows("failures").ShouldHaveSingleItem();
        failure["errorInfo"]!["clientUserIds"]!.ToJsonString().ShouldBe("""["eve"]""");
        Location.ExportState().SubscriptionAssignments.ShouldHaveSingleItem().ClientUserId.ShouldBe("eve");
    }

    [Fact]
    public void Fewer_seats_than_assignments_end_expiring_assignments_first()
    {
        Location.AddSubscription(11, renewing: 3);
        foreach (var user in new[] { "ann", "bob", "eve" })
        {
            Location.AddUser(user, managedAppleId: $"{user}@example.com");
            Location.Silently(change => change.AssociateSubscription(11, user, renewing: user != "bob"));
        }

        Location.SetSubscriptionSeats(11, renewing: 2, expiring: 0);

        Location.ExportState().SubscriptionAssignments.Select(seat => seat.ClientUserId).ShouldBe(["ann", "eve"]);
    }

    private static JsonObject Admins(long adamId, params string[] users) =>
        new()
        {
            ["adamIds"] = new JsonArray(adamId),
            ["clientUserIds"] = new JsonArray([.. users.Select(user => JsonValue.Create(user))]),
        };

    private async Task<IEnumerable<string?>> AdminsAsync() =>
        (await GetAsync("/subscriptions/admins")).Rows("admins").Select(admin => (string?)admin["clientUserId"]);
}
