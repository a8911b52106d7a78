using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleReadTests : AppleTest
{
    [Fact]
    public async Task An_asset_has_its_counts()
    {
        Location.AddAsset("1", total: 10);
        await Location.AssociateAsync(["1"], ["S1", "S2"]);

        var asset = (await GetAsync("/assets?adamId=1&pricingParam=STDQ")).Rows("assets").ShouldHaveSingleItem();

        ((int)asset["assignedCount"]!).ShouldBe(2);
        ((int)asset["availableCount"]!).ShouldBe(8);
        ((int)asset["totalCount"]!).ShouldBe(10);
    }

    [Theory]
    [InlineData("productType=Book", "2")]
    [InlineData("pricingParam=PLUS", "3")]
    [InlineData("revocable=false", "2")]
    [InlineData("deviceAssignable=false", "2")]
    [InlineData("minAvailableCount=50&maxAvailableCount=60", "3")]
    [InlineData("unlimited=false&minAvailableCount=70", "1")]
    public async Task Assets_are_filtered(string query, string adamId)
    {
        Location.AddAsset("1");
        Location.AddAsset("2", total: 40, productType: "Book", deviceAssignable: false, revocable: false);
        Location.AddAsset("3", "PLUS", total: 60);
        Location.AddAsset("4", total: SimulatedAsset.Unlimited);

        var rows = (await GetAsync("/assets?" + query)).Rows("assets");

        ((string?)rows.ShouldHaveSingleItem()["adamId"]).ShouldBe(adamId);
    }

    [Fact]
    public async Task Unlimited_assets_are_listed_separately_only_if_requested()
    {
        Location.AddAsset("1", total: SimulatedAsset.Unlimited);

        ((int)(await GetAsync("/assets")).Rows("assets")[0]["totalCount"]!).ShouldBe(int.MaxValue);
        var apart = await GetAsync("/assets?unlimited=true");
        apart.Rows("assets").ShouldBeEmpty();
        apart.Rows("unlimitedAssets").ShouldHaveSingleItem().ShouldNotContainKey("totalCount");
    }

    [Fact]
    public async Task Pages_are_read_by_index_until_there_is_no_next_page()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["S1", "S2", "S3", "S4", "S5"]);

        var first = await GetAsync("/assignments");
        var last = await GetAsync("/assignments?pageIndex=2");

        ((int)first.Body["totalPages"]!).ShouldBe(3);
        ((int)first.Body["nextPageIndex"]!).ShouldBe(1);
        first.Rows("assignments").Count.ShouldBe(2);
        last.Body.ShouldNotContainKey("nextPageIndex");
        ((string?)last.Rows("assignments").ShouldHaveSingleItem()["serialNumber"]).ShouldBe("S5");
        (await GetAsync("/assignments?pageIndex=3")).ShouldBe(400, 9650);
    }

    [Fact]
    public async Task An_incremental_read_returns_added_assignments_but_not_removed_ones()
    {
        Location.AddAsset("1");
        await Location.AssociateAsync(["1"], ["S1"]);
        var version = (string?)(await GetAsync("/assignments")).Body["versionId"];
        await Location.AssociateAsync(["1"], ["S2"]);
        await Location.DisassociateAsync(["1"], ["S1"]);

        var rows = (await GetAsync("/assignments?sinceVersionId=" + version)).Rows("assignments");

        ((string?)rows.ShouldHaveSingleItem()["serialNumber"]).ShouldBe("S2");
    }

    [Fact]
    public async Task A_version_of_another_kind_or_an_unknown_one_is_rejected()
    {
        var version = (string?)(await GetAsync("/assets")).Body["versionId"];

        (await GetAsync("/users?sinceVersionId=" + version)).ShouldBe(400, 9721);
        (await GetAsync("/users?sinceVersionId=nonsense")).ShouldBe(400, 9721);
    }

    [Fact]
    public async Task User_state_is_returned_if_requested()
    {
        Location.AddAsset("1");
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        await Location.AssociateAsync(["1"], clientUserIds: ["u1"]);

        (await GetAsync("/assignments")).Rows("assignments")[0].ShouldNotContainKey("userStatus");
        var row = (await GetAsync("/assignments?includeUserState=true")).Rows("assignments")[0];
        ((string?)row["userStatus"]).ShouldBe("Associated");
    }

    [Fact]
    public async Task A_client_user_ID_can_have_retired_records_beside_the_active_one()
    {
        Location.AddUser("u1", "u1@example.com");
        await Location.RetireUsersAsync("u1");
        Location.AddUser("u1", "u1@example.com");

        var all = (await GetAsync("/users?clientUserId=u1")).Rows("users");
        var active = (await GetAsync("/users?activeOnly=true")).Rows("users");

        all.Select(user => (string?)user["status"]).ShouldBe(["Retired", "Registered"]);
        active.ShouldHaveSingleItem().ShouldContainKey("inviteCode");
    }

    [Fact]
    public async Task Subscriptions_are_read_by_cursor()
    {
        Location.AddSubscription(11, renewing: 100, expiring: 20, parentAdamId: 10);
        Location.AddSubscription(12, renewing: 1);
        Location.AddSubscription(13, renewing: 1);

        var first = await GetAsync("/subscriptions");
        var cursor = Uri.EscapeDataString((string)first.Body["nextCursor"]!);
        var second = await GetAsync("/subscriptions?cursor=" + cursor);

        first.Rows("subscriptions").Count.ShouldBe(2);
        second.Body.ShouldNotContainKey("nextCursor");
        ((long)second.Rows("subscriptions").ShouldHaveSingleItem()["adamId"]!).ShouldBe(13);
        (await GetAsync("/subscriptions/assignments?cursor=" + cursor)).ShouldBe(400, 9812);
        (await GetAsync("/subscriptions?adamId=11&adamId=13")).Rows("subscriptions").Count.ShouldBe(2);
        (await GetAsync("/subscriptions?parentAdamId=10")).Rows("subscriptions").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Subscription_counts_agree_in_their_sums()
    {
        Location.AddSubscription(11, renewing: 3, expiring: 1);
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddUser("u2", managedAppleId: "u2@example.com");
        Location.AddUser("u3", managedAppleId: "u3@example.com");
        await Location.AssociateSubscriptionsAsync([11], ["u1"], renewing: true);
        await Location.AssociateSubscriptionsAsync([11], ["u2", "u3"], renewing: false);

        var counts = (await GetAsync("/subscriptions")).Rows("subscriptions")[0]["counts"]!;

        counts["assigned"]!.ToJsonString().ShouldBe("""{"renewing":1,"expiring":2}""");
        counts["available"]!.ToJsonString().ShouldBe("""{"renewing":1,"expiring":0}""");
        counts["total"]!.ToJsonString().ShouldBe("""{"renewing":3,"expiring":1}""");
        (await GetAsync("/subscriptions/assignments?clientUserId=u2"))
            .Rows("assignments")
            .ShouldHaveSingleItem()
            .ToJsonString()
            .ShouldBe("""{"adamId":11,"clientUserId":"u2","renewing":false}""");
    }

    [Fact]
    public async Task Subscription_admins_include_their_state_if_requested()
    {
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddSubscriptionAdmin(11, "u1");

        (await GetAsync("/subscriptions/admins?adamId=12")).Rows("admins").ShouldBeEmpty();
        var admin = (await GetAsync("/subscriptions/admins?includeUserState=true")).Rows("admins").Single();

        ((string?)admin["userStatus"]).ShouldBe("Associated");
    }

    [Fact]
    public async Task Reads_lag_behind_by_the_configured_time()
    {
        Apple.Faults.ReadLag = TimeSpan.FromSeconds(30);
        Location.AddAsset("1");

        (await GetAsync("/assets")).Rows("assets").ShouldBeEmpty();
        Clock.Advance(TimeSpan.FromSeconds(30));

        (await GetAsync("/assets")).Rows("assets").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Frozen_reads_return_the_old_state_until_thawed()
    {
        Location.FreezeReads();
        Location.AddAsset("1");

        (await GetAsync("/assets")).Rows("assets").ShouldBeEmpty();
        Location.ThawReads();

        (await GetAsync("/assets")).Rows("assets").Count.ShouldBe(1);
        Location.ExportState().Assets.ShouldHaveSingleItem().Available.ShouldBe(100);
    }
}
