using System.Text.Json.Nodes;

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

    private static JsonObject Admins(long adamId, params string[] users) =>
        new()
        {
            ["adamIds"] = new JsonArray(adamId),
            ["clientUserIds"] = new JsonArray([.. users.Select(user => JsonValue.Create(user))]),
        };

    private async Task<IEnumerable<string?>> AdminsAsync() =>
        (await GetAsync("/subscriptions/admins")).Rows("admins").Select(admin => (string?)admin["clientUserId"]);
}
