using NotificationHub.Apple;
using NotificationHub.Simulator.Apple.Faults;
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

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await base.DisposeAsync();
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
