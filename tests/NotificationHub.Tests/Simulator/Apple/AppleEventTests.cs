using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class AppleEventTests : AppleTest
{
    [Fact]
    public async Task An_association_is_notified_in_batches_of_one_asset_and_100_devices()
    {
        await SubscribeAsync();
        Location.AddAsset("1", total: 300);
        Location.AddAsset("2", total: 300);
        string[] devices = [.. Enumerable.Range(0, 250).Select(number => $"S{number}")];

        var eventId = await Location.AssociateAsync(["1", "2"], devices);
        await Apple.WaitUntilDeliveredAsync();

        Receiver
            .Notifications.Select(notification => notification.Elements("assignments"))
            .Order()
            .ShouldBe([50, 50, 100, 100, 100, 100]);
        Receiver.Notifications.ShouldAllBe(notification => (string?)notification.Payload["eventId"] == eventId);
        Receiver
            .Notifications.SelectMany(notification => notification.Payload["assignments"]!.AsArray())
            .DistinctBy(assignment => assignment!.ToJsonString())
            .Count()
            .ShouldBe(500);
        Location.ExportState().Assignments.Count.ShouldBe(500);
    }

    [Fact]
    public async Task Too_few_licenses_cause_a_success_and_a_failure_of_one_event()
    {
        await SubscribeAsync();
        Location.AddAsset("1", total: 2);

        var eventId = await Location.AssociateAsync(["1"], ["S1", "S2", "S3"]);
        await Apple.WaitUntilDeliveredAsync();

        Receiver
            .Notifications.Select(notification => (string?)notification.Payload["result"])
            .Order()
            .ShouldBe(["FAILURE", "SUCCESS"]);
        var failure = Receiver.Notifications.Single(notification => notification.Payload.ContainsKey("error"));
        ((int)failure.Payload["error"]!["errorNumber"]!).ShouldBe(9709);
        failure.Payload["error"]!["errorInfo"]!["serialNumbers"]!.ToJsonString().ShouldBe("""["S3"]""");
        var status = await GetAsync("/status?eventId=" + eventId);
        ((string?)status.Body["eventStatus"]).ShouldBe("FAILED");
        ((int)status.Body["numCompleted"]!).ShouldBe(2);
        ((int)status.Body["numRequested"]!).ShouldBe(3);
        status.Rows("failures").Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_event_is_rejected() => (await GetAsync("/status?eventId=unknown")).ShouldBe(400, 9708);

    [Fact]
    public async Task A_write_over_HTTP_is_accepted_first_and_executed_later()
    {
        await SubscribeAsync();
        Location.AddAsset("1");

        var response = await PostAsync(
            "/assets/associate",
            new JsonObject
            {
                ["assets"] = new JsonArray(new JsonObject { ["adamId"] = "1" }),
                ["serialNumbers"] = new JsonArray("S1"),
            }
        );
        await Apple.WaitUntilDeliveredAsync();

        var notification = Receiver.Notifications.ShouldHaveSingleItem();
        ((string?)notification.Payload["eventId"]).ShouldBe((string?)response.Body["eventId"]);
        Apple.Violations.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{ "serialNumbers": ["S1"] }""", 9718)]
    [InlineData("""{ "assets": [{ "adamId": "1" }] }""", 9719)]
    [InlineData("""{ "assets": [{ "adamId": "1" }, { "adamId": "1" }], "serialNumbers": ["S1"] }""", 9703)]
    [InlineData("""{ "assets": [{ "adamId": "1" }], "serialNumbers": ["S1", "S1"] }""", 9705)]
    [InlineData("""{ "assets": [{ "adamId": "1" }], "clientUserIds": ["u1", "u1"] }""", 9704)]
    [InlineData("""{ "assets": [{ "adamId": "book" }], "serialNumbers": ["S1"] }""", 9707)]
    public async Task An_invalid_association_starts_no_event(string body, int errorNumber)
    {
        Location.AddAsset("1");
        Location.AddAsset("book", deviceAssignable: false);

        (await PostAsync("/assets/associate", JsonNode.Parse(body)!)).ShouldBe(400, errorNumber);

        Location.ExportState().Assignments.ShouldBeEmpty();
    }

    [Fact]
    public async Task Revoking_removes_all_revocable_assets()
    {
        Location.AddAsset("1");
        Location.AddAsset("2");
        Location.AddAsset("3", revocable: false);
        await Location.AssociateAsync(["1", "2", "3"], ["S1", "S2"]);
        // The receiver is not registered yet, and the write must not wait for it.
        await Apple.WaitUntilDeliveredAsync();
        await SubscribeAsync();

        await Location.RevokeAsync(["S1"]);
        await Apple.WaitUntilDeliveredAsync();

        Receiver.Notifications.ShouldHaveSingleItem().Elements("assignments").ShouldBe(2);
        Location.ExportState().Assignments.Count(assignment => assignment.SerialNumber == "S1").ShouldBe(1);
        Location.ExportState().Assignments.Count(assignment => assignment.SerialNumber == "S2").ShouldBe(3);
    }

    [Fact]
    public async Task Users_are_created_associated_and_retired()
    {
        await SubscribeAsync();

        await Location.CreateUsersAsync(new UserRequest("u1", "u1@example.com"), new UserRequest("u1"));
        Location.AcceptInvitations("u1");
        await Location.RetireUsersAsync("u1");
        await Apple.WaitUntilDeliveredAsync();

        var byType = Receiver.Notifications.ToLookup(notification =>
            $"{notification.Type} {(string?)notification.Payload["type"]} {(string?)notification.Payload["result"]}".TrimEnd()
        );
        byType["USER_MANAGEMENT CREATE SUCCESS"].Single().Elements("users").ShouldBe(1);
        ((int)byType["USER_MANAGEMENT CREATE FAILURE"].Single().Payload["error"]!["errorNumber"]!).ShouldBe(9716);
        byType["USER_ASSOCIATED"].Single().Elements("associatedUsers").ShouldBe(1);
        ((string?)byType["USER_MANAGEMENT RETIRE SUCCESS"].Single().Payload["users"]![0]!["status"]).ShouldBe(
            "Retired"
        );
    }

    [Fact]
    public async Task A_retired_user_loses_revocable_assets_and_keeps_books()
    {
        Location.AddAsset("app", total: 5);
        Location.AddAsset("book", total: 5, productType: "Book", deviceAssignable: false, revocable: false);
        Location.AddUser("u1");
        await Location.AssociateAsync(["app", "book"], clientUserIds: ["u1"]);

        await Location.RetireUsersAsync("u1");

        Location.ExportState().Assignments.ShouldBeEmpty();
        Location.ExportState().Assets.Select(asset => asset.Available).ShouldBe([5, 4]);
    }

    [Fact]
    public async Task A_purchase_is_notified_as_a_delta()
    {
        await SubscribeAsync();
        Location.AddAsset("1", total: 10);

        Location.ChangeAssetCount("1", -3);
        await Apple.WaitUntilDeliveredAsync();

        Receiver
            .Notifications.ShouldHaveSingleItem()
            .Payload.ToJsonString()
            .ShouldBe("""{"adamId":"1","pricingParam":"STDQ","countDelta":-3}""");
        Location.ExportState().Assets[0].Total.ShouldBe(7);
    }

    [Fact]
    public async Task A_deferred_disassociation_is_notified_when_the_period_ends()
    {
        Location.AddSubscription(11, renewing: 5);
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        await Location.AssociateSubscriptionsAsync([11], ["u1"]);
        await Apple.WaitUntilDeliveredAsync();
        await SubscribeAsync();
        var response = await PostAsync(
            "/subscriptions/disassociate",
            JsonNode.Parse("""{ "adamIds": [11], "clientUserIds": ["u1"], "deferred": true }""")!
        );
        await Apple.WaitUntilDeliveredAsync();
        Receiver.Notifications.ShouldBeEmpty();

        Location.EndBillingPeriod(11);
        await Apple.WaitUntilDeliveredAsync();

        var management = Receiver.Notifications.Single(notification => notification.Type == "SUBSCRIPTION_MANAGEMENT");
        ((string?)management.Payload["eventId"]).ShouldBe((string?)response.Body["eventId"]);
        Receiver.Notifications.Single(notification => notification.Type == "SUBSCRIPTION_COUNT").Payload["counts"]![
            "available"
        ]!
            .ToJsonString()
            .ShouldBe("""{"renewing":5,"expiring":0}""");
    }

    [Fact]
    public async Task Records_can_change_without_a_notification()
    {
        await SubscribeAsync();

        Location.Silently(change => change.CreateUser("u1", "u1@example.com", null, "code"));
        await Apple.WaitUntilDeliveredAsync();

        Receiver.Notifications.ShouldBeEmpty();
        (await GetAsync("/users")).Rows("users").Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_event_is_pending_until_it_is_processed_and_canceled_at_the_end()
    {
        await using var slow = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, EventDelay = TimeSpan.FromMinutes(5) }
        );
        var location = slow.AddLocation();
        location.AddAsset("1");

        var associating = location.AssociateAsync(["1"], ["S1"]);
        await Clock.TimersPending();
        location.ExportState().Assignments.ShouldBeEmpty();
        await slow.DisposeAsync();

        await Should.ThrowAsync<TaskCanceledException>(() => associating);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Notifications_and_Event_Status_account_for_every_task(int seed)
    {
        var random = new Random(seed);
        await SubscribeAsync();
        Location.AddAsset("1", total: 150);
        Location.AddAsset("2", total: 90);
        for (var user = 0; user < 120; user++)
        {
            Location.AddUser($"u{user}", managedAppleId: user % 2 == 0 ? $"u{user}@example.com" : null);
        }

        var eventIds = new List<string>();
        for (var round = 0; round < 8; round++)
        {
            string[] devices = [.. Enumerable.Range(random.Next(100), random.Next(1, 130)).Select(i => $"S{i}")];
            string[] users = [.. Enumerable.Range(random.Next(100), random.Next(1, 40)).Select(i => $"u{i}")];
            eventIds.Add(
                random.Next(5) switch
                {
                    0 => await Location.DisassociateAsync(["1", "2"], devices, users),
                    1 => await Location.RetireUsersAsync(users),
                    2 => await Location.CreateUsersAsync([.. users.Select(user => new UserRequest(user))]),
                    _ => await Location.AssociateAsync(["1", "2"], devices, users),
                }
            );
        }

        await Apple.WaitUntilDeliveredAsync();

        foreach (var eventId in eventIds)
        {
            var status = Location.EventStatus(eventId)!;
            var notifications = Receiver.Notifications.Where(notification =>
                (string?)notification.Payload["eventId"] == eventId
            );
            var counts = notifications.ToLookup(notification => (string?)notification.Payload["result"], Elements);
            counts.SelectMany(group => group).ShouldAllBe(count => count >= 1 && count <= 100);
            counts["SUCCESS"].Sum().ShouldBe((int)status["numCompleted"]!);
            (counts["SUCCESS"].Sum() + counts["FAILURE"].Sum()).ShouldBe((int)status["numRequested"]!);
            ((string?)status["eventStatus"]).ShouldBe(counts["FAILURE"].Any() ? "FAILED" : "COMPLETE");
        }

        static int Elements(ReceivedDelivery notification) =>
            notification.Elements(notification.Type == "USER_MANAGEMENT" ? "users" : "assignments");
    }

    [Fact]
    public async Task Events_settle_after_their_own_delay_and_not_one_after_another()
    {
        await using var slow = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, EventDelay = TimeSpan.FromMinutes(5) }
        );
        var location = slow.AddLocation();
        location.AddAsset("1");
        var associating = Enumerable
            .Range(0, 3)
            .Select(number => location.AssociateAsync(["1"], [$"S{number}"]))
            .ToList();
        await Clock.TimersPending();

        Clock.Advance(TimeSpan.FromMinutes(5));

        await Task.WhenAll(associating).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Event_Status_reports_progress_between_the_batches()
    {
        await using var slow = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions { TimeProvider = Clock, BatchDelay = TimeSpan.FromSeconds(1) }
        );
        var location = slow.AddLocation();
        location.AddAsset("1", total: 250);
        var eventId = location.Accept(id =>
            AssetEvents.Associate(
                id,
                [new("1", "STDQ")],
                [.. Enumerable.Range(0, 250).Select(number => AssignmentTarget.Device($"S{number}"))]
            )
        );
        var progress = new List<(string?, int)>();
        for (var batch = 0; batch < 3; batch++)
        {
            await Clock.TimersPending();
            var status = location.EventStatus(eventId)!;
            progress.Add(((string?)status["eventStatus"], (int)status["numCompleted"]!));
            Clock.Advance(TimeSpan.FromSeconds(1));
        }

        progress.ShouldBe([("PENDING", 100), ("PENDING", 200), ("COMPLETE", 250)]);
    }

    [Fact]
    public async Task Without_a_history_requests_and_deliveries_are_only_counted()
    {
        await using var apple = await SimulatedApple.StartAsync(new SimulatedAppleOptions { KeepHistory = false });
        var location = apple.AddLocation();
        location.TakeOver("mdm", "MDM", url: Receiver.Url, secret: Secret);
        location.Configuration = location.Configuration with { NotificationTypes = NotificationTypes.All };
        location.AddAsset("1");
        using var client = new HttpClient();
        await client.GetStringAsync(new Uri(apple.BaseUrl + "/service/config"));

        await location.AssociateAsync(["1"], ["S1"]);
        await apple.WaitUntilDeliveredAsync();

        (apple.Requests.Total, apple.Requests.All.Count).ShouldBe((1, 0));
        (apple.DeliveryCounts.Answered, apple.Notifications.Count).ShouldBe((1, 0));
    }

    [Fact]
    public async Task Only_subscribed_types_are_notified()
    {
        var body = Subscription();
        body["notificationTypes"] = new JsonArray("ASSET_MANAGEMENT");
        await PostAsync("/client/config", body);
        Location.AddAsset("1");

        Location.ChangeAssetCount("1", 1);
        await Apple.WaitUntilDeliveredAsync();

        Receiver.Notifications.ShouldBeEmpty();
    }
}
