using System.Net;
using System.Text;
using System.Web;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Writing;

/// <summary>After a write whose effect is unknown, the records say what is missing.</summary>
public sealed class FindMissingTests : IDisposable
{
    private readonly RecordsApple apple = new();
    private readonly HttpClient http;
    private readonly ManualClock clock = new();
    private readonly AppleClient client;
    private readonly RequestRate rate;
    private readonly AppleSession session;

    public FindMissingTests()
    {
        http = new HttpClient(apple);
        client = new AppleClient(http, new AppleClientOptions { RequestTimeout = TimeSpan.FromDays(1) }, clock);
        rate = new RequestRate(clock);
        session = new AppleSession(client, ContentToken.Parse(TokenText), rate);
    }

    private static string TokenText => Convert.ToBase64String("""{"expDate":"2030-11-08T22:33:22+0000"}"""u8);

    public void Dispose()
    {
        client.Dispose();
        rate.Dispose();
        http.Dispose();
        apple.Dispose();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public async Task Missing_assignments_are_requested_again_and_no_others(int devices)
    {
        string[] serials = [.. Enumerable.Range(1, devices).Select(i => $"S{i}")];
        apple.Records["assignments"] =
        [
            .. serials.Select(serial => Assignment("1", "serialNumber", serial)),
            Assignment("2", "serialNumber", "s1"),
            Assignment("2", "clientUserId", "u1"),
            Assignment("2", "serialNumber", "another"),
            """{"adamId":"1","pricingParam":"PLUS","clientUserId":"u1"}""",
        ];
        var request = new AssociateAssetsRequest
        {
            Assets = [new() { AdamId = "1" }, new() { AdamId = "2" }],
            ClientUserIds = ["u1"],
            SerialNumbers = serials,
        };

        var missing = await FindMissing(request);

        Describe(missing).ShouldBe(["1 u1 ", $"2  {string.Join(',', serials.Skip(1))}"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(30)]
    public async Task Remaining_assignments_are_taken_back_again_and_no_others(int devices)
    {
        string[] serials = [.. Enumerable.Range(1, devices).Select(i => $"S{i}")];
        apple.Records["assignments"] =
        [
            Assignment("1", "serialNumber", "S1"),
            Assignment("2", "serialNumber", "S1"),
            Assignment("2", "serialNumber", "S2"),
        ];
        var request = new DisassociateAssetsRequest
        {
            Assets = [new() { AdamId = "1" }, new() { AdamId = "2" }],
            SerialNumbers = serials,
        };

        Describe(await FindMissing(request)).ShouldBe(["1,2  S1", "2  S2"], ignoreOrder: true);
    }

    [Fact]
    public async Task A_completed_write_lacks_nothing()
    {
        apple.Records["assignments"] = [Assignment("1", "serialNumber", "S1")];

        (
            await FindMissing(new AssociateAssetsRequest { Assets = [new() { AdamId = "1" }], SerialNumbers = ["S1"] })
        ).ShouldBeEmpty();
    }

    [Fact]
    public async Task Holders_of_revocable_assets_are_revoked_again()
    {
        apple.Records["assets"] = ["""{"adamId":"1","pricingParam":"STDQ","revocable":true}"""];
        apple.Records["assignments"] =
        [
            Assignment("1", "serialNumber", "S1"),
            Assignment("9", "serialNumber", "S2"),
            Assignment("1", "clientUserId", "u1"),
        ];
        apple.UnknownUsers.Add("u2");

        var missing = await FindMissing(
            new RevokeAssetsRequest { ClientUserIds = ["u1", "u2"], SerialNumbers = ["S1", "S2", "S3"] }
        );

        var request = missing.ShouldHaveSingleItem();
        request.ClientUserIds.ShouldBe(["u1"]);
        request.SerialNumbers.ShouldBe(["S1"]);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(101)]
    public async Task Users_are_compared_with_the_active_records(int count)
    {
        RequestUser[] users =
        [
            .. Enumerable
                .Range(1, count)
                .Select(i => new RequestUser { ClientUserId = $"u{i}", Email = $"{i}@example.com" }),
        ];
        apple.Records["users"] =
        [
            """{"clientUserId":"u1","email":"1@example.com","status":"Registered"}""",
            """{"clientUserId":"u2","email":"old@example.com","status":"Associated"}""",
            """{"clientUserId":"u2","email":"2@example.com","status":"Retired"}""",
            """{"clientUserId":"u3","email":"3@example.com","status":"Retired"}""",
        ];
        apple.UnknownUsers.Add("u4");

        Ids(await FindMissing(new CreateUsersRequest { Users = users }))
            .ShouldBe(users.Skip(2).Select(user => user.ClientUserId));
        Ids(await FindMissing(new UpdateUsersRequest { Users = users }))
            .ShouldBe(users.Skip(1).Select(user => user.ClientUserId));
        Ids(await FindMissing(new RetireUsersRequest { Users = users })).ShouldBe(["u1", "u2"]);
        Ids(await FindMissing(new UpdateUsersRequest { Users = [new() { ClientUserId = "u1", ManagedAppleId = "m" }] }))
            .ShouldBe(["u1"]);
    }

    [Fact]
    public async Task Seats_of_subscriptions_are_compared_with_their_renewal()
    {
        apple.Records["assignments"] =
        [
            """{"adamId":11,"clientUserId":"u1","renewing":true}""",
            """{"adamId":11,"clientUserId":"u2","renewing":false}""",
            """{"adamId":12,"clientUserId":"u1","renewing":true}""",
        ];
        string[] subscriptions = ["11", "12"];
        string[] users = ["u1", "u2", "u3"];

        Describe(
                await FindMissing(
                    new AssociateSubscriptionsRequest
                    {
                        AdamIds = subscriptions,
                        ClientUserIds = users,
                        Renewing = true,
                    }
                )
            )
            .ShouldBe(["11,12 u2,u3"]);
        Describe(
                await FindMissing(
                    new DisassociateSubscriptionsRequest { AdamIds = subscriptions, ClientUserIds = users }
                )
            )
            .ShouldBe(["11,12 u1", "11 u2"]);
        Describe(
                await FindMissing(
                    new DisassociateSubscriptionsRequest
                    {
                        AdamIds = subscriptions,
                        ClientUserIds = users,
                        Deferred = true,
                    }
                )
            )
            .ShouldBe(["11,12 u1"]);
    }

    [Fact]
    public async Task Administrators_of_subscriptions_are_compared()
    {
        apple.Records["admins"] = ["""{"adamId":11,"clientUserId":"u1"}"""];

        Describe(await FindMissing(new AddSubscriptionAdminsRequest { AdamIds = ["11"], ClientUserIds = ["u1", "u2"] }))
            .ShouldBe(["11 u2"]);
        Describe(
                await FindMissing(
                    new RemoveSubscriptionAdminsRequest { AdamIds = ["11"], ClientUserIds = ["u1", "u2"] }
                )
            )
            .ShouldBe(["11 u1"]);
    }

    private static string Assignment(string adamId, string holder, string id) =>
        $$"""{"adamId":"{{adamId}}","pricingParam":"STDQ","{{holder}}":"{{id}}"}""";

    private static IEnumerable<string> Describe(IEnumerable<AssetsRequest> requests) =>
        requests.Select(one =>
            $"{string.Join(',', one.Assets.Select(asset => asset.AdamId))} {string.Join(',', one.ClientUserIds)} {string.Join(',', one.SerialNumbers)}"
        );

    private static IEnumerable<string> Describe(IEnumerable<SubscriptionsRequest> requests) =>
        requests.Select(one => $"{string.Join(',', one.AdamIds)} {string.Join(',', one.ClientUserIds)}");

    private static IEnumerable<string> Ids(IEnumerable<UsersRequest> requests) =>
        requests.SelectMany(one => one.Users.Select(user => user.ClientUserId));

    private async Task<IReadOnlyList<T>> FindMissing<T>(T request)
        where T : WriteRequest
    {
        var call = session.FindMissingAsync(request);
        while (!call.IsCompleted)
        {
            await Task.WhenAny(call, clock.TimersPending());
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        return await call;
    }

    /// <summary>Returns the records that match the query, in one page.</summary>
    private sealed class RecordsApple : HttpMessageHandler
    {
        public Dictionary<string, string[]> Records { get; } = [];

        public HashSet<string> UnknownUsers { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            var list = request.RequestUri!.Segments[^1];
            var query = HttpUtility.ParseQueryString(request.RequestUri.Query);
            request.Method.ShouldBe(HttpMethod.Get);
            var isUnknown = query["clientUserId"] is { } user && UnknownUsers.Contains(user);
            var body =
                list == "config" ? """{"limits":{}}"""
                : isUnknown ? """{"errorNumber":9609,"errorMessage":"m"}"""
                : $$"""{"{{list}}":[{{string.Join(',', Find(list, query))}}]}""";
            return Task.FromResult(
                new HttpResponseMessage(isUnknown ? HttpStatusCode.BadRequest : HttpStatusCode.OK)
                {
                    Content = new StringContent(body, Encoding.UTF8, "application/json"),
                    RequestMessage = request,
                }
            );
        }

        private IEnumerable<string> Find(string list, System.Collections.Specialized.NameValueCollection query) =>
            Records
                .GetValueOrDefault(list, [])
                .Where(record =>
                    query.AllKeys.All(key =>
                        key is "activeOnly" or "revocable"
                        || record.Contains($"\"{key}\":\"{query[key]}\"", StringComparison.OrdinalIgnoreCase)
                        || record.Contains($"\"{key}\":{query[key]}", StringComparison.Ordinal)
                    )
                );
    }
}
