using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleConfigTests : AppleTest
{
    [Fact]
    public async Task Service_Config_requires_no_token()
    {
        UseToken(null);

        var response = await GetAsync("/service/config");

        ((int)response.Body["limits"]!["maxRequestPerSecond"]!).ShouldBe(15);
        ((string?)response.Body["urls"]!["getAssets"]).ShouldBe(Apple.BaseUrl + "/assets");
        response.Rows("errorCodes").ShouldContain(error => (int)error["errorNumber"]! == 9709);
    }

    [Fact]
    public async Task A_new_location_has_no_mdm_info_and_no_notifications()
    {
        var response = await GetAsync("/client/config");

        response.Body.ShouldNotContainKey("mdmInfo");
        response.Body.ShouldNotContainKey("notificationUrl");
        ((string?)response.Body["locationName"]).ShouldBe("Zürich Hauptsitz");
        ((string?)response.Body["tokenExpirationDate"]).ShouldBe("2027-08-01T12:00:00+0000");
    }

    [Fact]
    public async Task The_test_notification_arrives_while_the_post_is_open()
    {
        var response = await PostAsync("/client/config", Subscription());

        response.Status.ShouldBe(200);
        ((string?)response.Body["notificationAuthToken"]).ShouldBe(Secret);
        var delivery = Receiver.Deliveries.ShouldHaveSingleItem();
        delivery.Type.ShouldBe("TEST_NOTIFICATION");
        delivery.Authorization.ShouldBe("Bearer " + Secret);
        delivery.Payload.Count.ShouldBe(0);
        ((string?)delivery.Body["uId"]).ShouldBe(Location.UId);
        Location.Configuration.MdmInfo.ShouldBe(new MdmInfo("hub-1", "Hub", ""));
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_URL_that_does_not_return_2xx_is_rejected_and_changes_nothing()
    {
        Receiver.NextAnswers.Enqueue(401);

        (await PostAsync("/client/config", Subscription())).ShouldBe(400, 9728);

        Location.Configuration.ShouldBe(ClientConfiguration.Empty);
    }

    [Theory]
    [InlineData("notificationAuthToken", null, 9710)]
    [InlineData("notificationUrl", null, 9710)]
    [InlineData("notificationUrl", "http://hub.example.com/notifications/1", 9712)]
    [InlineData("notificationUrl", "https://hub.example.com/notifications/1?key=1", 9712)]
    [InlineData("notificationUrl", "no url", 9712)]
    [InlineData("notificationAuthToken", "a blank", 9602)]
    public async Task An_invalid_destination_is_rejected(string member, string? value, int errorNumber)
    {
        var body = Subscription();
        body[member] = value;

        (await PostAsync("/client/config", body)).ShouldBe(400, errorNumber);

        Apple.Violations.Count.ShouldBe(1);
        Receiver.Deliveries.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("notificationAuthToken", 513, 9711)]
    [InlineData("id", 101, 9724)]
    [InlineData("name", 101, 9725)]
    [InlineData("metadata", 256, 9713)]
    public async Task A_value_above_its_length_limit_is_rejected(string member, int length, int errorNumber)
    {
        var body = Subscription();
        var holder = body.ContainsKey(member) ? body : body["mdmInfo"]!.AsObject();
        holder[member] = new string('x', length);

        (await PostAsync("/client/config", body)).ShouldBe(400, errorNumber);
    }

    [Fact]
    public async Task Incomplete_mdm_info_is_rejected()
    {
        var body = Subscription();
        body["mdmInfo"]!.AsObject().Remove("metadata");

        (await PostAsync("/client/config", body)).ShouldBe(400, 9723);
    }

    [Fact]
    public async Task An_unknown_notification_type_is_rejected()
    {
        var body = Subscription();
        body["notificationTypes"]!.AsArray().Add("SOMETHING_NEW");

        (await PostAsync("/client/config", body)).ShouldBe(400, 9602);
    }

    [Fact]
    public async Task Notification_types_are_replaced_as_a_whole()
    {
        await SubscribeAsync();

        await PostAsync("/client/config", new JsonObject { ["notificationTypes"] = new JsonArray("ASSET_COUNT") });

        Location.Configuration.NotificationTypes.ShouldBe(["ASSET_COUNT"]);
        Location.Configuration.NotificationUrl.ShouldBe(Receiver.Url);
        Receiver.Deliveries.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_takeover_is_visible_in_every_response()
    {
        await SubscribeAsync();

        Location.TakeOver("other", "Other MDM");

        ((string?)(await GetAsync("/assets")).Body["mdmInfo"]!["id"]).ShouldBe("other");
    }
}
