using NotificationHub.Apple;
using NotificationHub.Simulator.Apple.Faults;
using AppleLimits = NotificationHub.Simulator.Apple.AppleLimits;
using SampleRecords = NotificationHub.Simulator.Apple.SampleRecords;
using SampleSize = NotificationHub.Simulator.Apple.SampleSize;
using SimulatedApple = NotificationHub.Simulator.Apple.SimulatedApple;
using SimulatedAppleOptions = NotificationHub.Simulator.Apple.SimulatedAppleOptions;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>The client and the simulated Apple were written independently, so each checks the other.</summary>
public sealed class AppleClientContractTests : AppleTest
{
    private readonly HttpClient _http = new(AppleClient.CreateHandler());

    internal override SimulatedAppleOptions Options => new() { PageSize = 2, EnforceRate = false };

    [Fact]
    public async Task The_client_reads_all_records_without_a_violation()
    {
        Location.AddUser("u1", managedAppleId: "u1@example.com");
        Location.AddAsset("1");
        Location.AddAsset("2", "PLUS");
        Location.AddSubscription(11, renewing: 5, parentAdamId: 10);
        Location.AddSubscriptionAdmin(11, "u1");
        await Location.AssociateAsync(["1"], ["S1", "S2", "S3", "S4"], ["u1"]);
        await Location.AssociateSubscriptionsAsync([11], ["u1"]);
        using var client = NewClient();
        using var rate = new RequestRate(TimeProvider.System, requestsPerSecond: 1000);
        var session = NewSession(client, rate);

        var assets = await AllAsync(session.ReadAssetsAsync(new AssetQuery(), default));
        var assignments = await AllAsync(session.ReadAssignmentsAsync(new AssignmentQuery(), default));
        var users = await AllAsync(session.ReadUsersAsync(new UserQuery { ActiveOnly = true }, default));
        var subscriptions = await AllAsync(session.ReadSubscriptionsAsync(new SubscriptionQuery(), default));
        var seats = await AllAsync(
            session.ReadSubscriptionAssignmentsAsync(new SubscriptionAssignmentQuery { AdamId = "11" }, default)
        );
        var admins = await AllAsync(session.ReadSubscriptionAdminsAsync(new SubscriptionAdminQuery(), default));

        assets.Select(asset => (asset.AdamId, asset.AssignedCount)).ShouldBe([("1", 5), ("2", 0)]);
        assignments.Count.ShouldBe(5);
        users.ShouldHaveSingleItem().IdHash.ShouldNotBeNull();
        subscriptions.ShouldHaveSingleItem().Counts!.Available!.Renewing.ShouldBe(4);
        seats.ShouldHaveSingleItem().ClientUserId.ShouldBe("u1");
        admins.ShouldHaveSingleItem().AdamId.ShouldBe("11");
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_client_configures_the_location_and_reads_it_back()
    {
        using var client = NewClient();
        using var rate = new RequestRate(TimeProvider.System, requestsPerSecond: 1000);
        var session = NewSession(client, rate);

        var service = await client.GetServiceConfigAsync(default);
        await session.SetClientConfigAsync(
            new ClientConfigRequest
            {
                MdmInfo = new()
                {
                    Id = "hub-1",
                    Name = "Hub",
                    Metadata = "",
                },
                NotificationUrl = Receiver.Url.ToString(),
                NotificationAuthToken = Secret,
                NotificationTypes = AppleNotificationTypes.All,
            },
            default
        );
        var config = await session.GetClientConfigAsync(default);

        service.NotificationTypes.ShouldNotBeEmpty();
        config.UId.ShouldBe(Location.UId);
        config.MdmInfo!.Id.ShouldBe("hub-1");
        Receiver.Deliveries.ShouldHaveSingleItem().Authorization.ShouldBe("Bearer " + Secret);
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_client_retries_a_failed_read_filters_it_and_polls_an_operation()
    {
        Location.AddAsset("1", total: 10);
        Location.AddAsset("2");
        Location.AddUser("u1", "u1@example.com");
        Location.AddUser("u2");
        var eventId = await Location.AssociateAsync(["1"], ["S1", "S2", "S3"]);
        Apple.Faults.Next("/assets", Fault.InternalError(), Fault.Abort());
        using var client = NewClient();
        using var rate = new RequestRate(TimeProvider.System, requestsPerSecond: 1000);
        var session = NewSession(client, rate);

        var assets = await AllAsync(session.ReadAssetsAsync(new AssetQuery { AdamId = "1" }, default));
        var users = await AllAsync(session.ReadUsersAsync(new UserQuery { ClientUserId = "u1" }, default));
        var status = await session.GetEventStatusAsync(eventId, default);

        assets.ShouldHaveSingleItem().AvailableCount.ShouldBe(7);
        users.ShouldHaveSingleItem().Email.ShouldBe("u1@example.com");
        status.IsSuccess.ShouldBeTrue();
        Apple.Requests.Count("/assets").ShouldBe(3);
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_client_makes_every_write_within_the_live_limits_and_without_a_violation()
    {
        Apple.Limits[AppleLimits.SerialNumbers] = 2;
        Location.AddAsset("1");
        Location.AddUser("ann", managedAppleId: "ann@example.com");
        Location.AddSubscription(11, renewing: 5);
        using var client = NewClient();
        using var rate = new RequestRate(TimeProvider.System, requestsPerSecond: 1000);
        var session = NewSession(client, rate);
        AssetKey[] asset = [new() { AdamId = "1" }];
        string[] ann = ["ann"];

        await FinishAsync(
            session.AssociateAssetsAsync(
                new()
                {
                    Assets = asset,
                    ClientUserIds = ann,
                    SerialNumbers = ["1", "2", "3"],
                }
            )
        );
        await FinishAsync(session.DisassociateAssetsAsync(new() { Assets = asset, SerialNumbers = ["1"] }));
        await FinishAsync(session.RevokeAssetsAsync(new() { SerialNumbers = ["2"] }));
        await FinishAsync(session.CreateUsersAsync(new() { Users = [new() { ClientUserId = "bob" }] }));
        await FinishAsync(
            session.UpdateUsersAsync(new() { Users = [new() { ClientUserId = "bob", Email = "bob@example.com" }] })
        );
        await session.EnableSubscriptionsAsync();
        await FinishAsync(
            session.AssociateSubscriptionsAsync(
                new()
                {
                    AdamIds = ["11"],
                    ClientUserIds = ann,
                    Renewing = true,
                }
            )
        );
        await session.AddSubscriptionAdminsAsync(new() { AdamIds = ["11"], ClientUserIds = ann });
        await session.RemoveSubscriptionAdminsAsync(new() { AdamIds = ["11"], ClientUserIds = ann });
        await FinishAsync(session.DisassociateSubscriptionsAsync(new() { AdamIds = ["11"], ClientUserIds = ann }));
        await FinishAsync(session.RetireUsersAsync(new() { Users = [new() { ClientUserId = "bob" }] }));
        Location.SetSubscriptionSeats(11, renewing: 0, expiring: 0);
        (await session.DisableSubscriptionsAsync()).SubscriptionManagement.ShouldBe(false);

        var state = Location.ExportState();
        state.Assignments.Select(one => one.SerialNumber ?? one.ClientUserId).ShouldBe(["ann", "3"], ignoreOrder: true);
        state.Users.Select(user => user.Status).ShouldBe(["Associated", "Retired"]);
        state.SubscriptionAssignments.ShouldBeEmpty();
        Apple.Requests.Count("/assets/associate").ShouldBe(2);
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_client_looks_up_names_kinds_and_icons()
    {
        await using var apple = await SimulatedApple.StartAsync();
        SampleRecords.Fill(apple.AddLocation(), new SampleSize(Assets: 10, Devices: 0, Users: 0, Subscriptions: 0));
        using var client = new AppleClient(
            _http,
            new AppleClientOptions { BaseUrl = apple.BaseUrl },
            TimeProvider.System
        );
        var metadata = new ContentMetadataClient(_http, client, TimeProvider.System);

        var found = (await metadata.LookUpAsync(["361285480", "361285489", "1"], "US", default)).Found;

        found.Values.Select(one => (one.Name, one.Kind)).ShouldBe([("Keynote", "App"), ("Sample Book 9", "Book")]);
        (await _http.GetAsync(found["361285480"].IconAt(64))).Content.Headers.ContentType!.MediaType.ShouldBe(
            "image/png"
        );
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await base.DisposeAsync();
    }

    // Accepted and, by the time of the next request, done.
    private async Task FinishAsync(Task<AppleOperation> starting)
    {
        var operation = await starting;
        await Apple.WaitUntilDeliveredAsync();
        operation.EventIds.ShouldNotBeEmpty();
        operation.EventIds.ShouldAllBe(eventId => (string?)Location.EventStatus(eventId)!["eventStatus"] == "COMPLETE");
    }

    private static async Task<List<T>> AllAsync<T>(IAsyncEnumerable<Page<T>> pages)
    {
        var items = new List<T>();
        await foreach (var page in pages)
        {
            items.AddRange(page.Items);
        }

        return items;
    }

    private AppleClient NewClient() =>
        new(
            _http,
            new AppleClientOptions { BaseUrl = Apple.BaseUrl, RetryDelay = TimeSpan.FromMilliseconds(1) },
            TimeProvider.System
        );

    private AppleSession NewSession(AppleClient client, RequestRate rate) =>
        new(client, ContentToken.Parse(Location.ContentTokenFile), rate);
}
