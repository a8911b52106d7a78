using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Endpoints;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>Every endpoint with a correct request: the members of its response, and what a write changes.</summary>
public sealed class AppleEndpointTests : AppleTest
{
    private static readonly string[] Envelope = ["uId", "tokenExpirationDate", "mdmInfo"];
    private static readonly string[] Page =
    [
        .. Envelope,
        "currentPageIndex",
        "nextPageIndex",
        "size",
        "totalPages",
        "versionId",
    ];
    private static readonly string[] Event = [.. Envelope, "eventId"];
    private static readonly string[] Cursor = ["uId", "tokenExpirationDate", "versionId"];

    private static readonly Dictionary<string, Case> Cases = new Case[]
    {
        new("GET /service/config", "", ["errorCodes", "limits", "notificationTypes", "urls"]),
        new(
            "GET /client/config",
            "",
            [
                .. Envelope,
                "countryISO2ACode",
                "defaultPlatform",
                "websiteURL",
                "locationName",
                "apnToken",
                "subscribedNotificationTypes",
                "notificationUrl",
                "notificationAuthToken",
            ]
        ),
        new(
            "POST /client/config",
            """{ "mdmInfo": { "id": "other", "name": "Other", "metadata": "" } }""",
            [
                .. Envelope,
                "countryISO2ACode",
                "defaultPlatform",
                "websiteURL",
                "locationName",
                "apnToken",
                "subscribedNotificationTypes",
                "notificationUrl",
                "notificationAuthToken",
            ],
            test => test.Location.Configuration.MdmInfo!.Id.ShouldBe("other")
        ),
        new("GET /assets", "", [.. Page, "assets"]),
        new(
            "POST /assets/associate",
            """{ "assets": [{ "adamId": "app", "pricingParam": "STDQ" }], "clientUserIds": ["ann"], "serialNumbers": ["S9"] }""",
            Event,
            test => test.Holders("app").ShouldBe(["S1", "S2", "S3", "S9", "ann"], ignoreOrder: true)
        ),
        new(
            "POST /assets/disassociate",
            """{ "assets": [{ "adamId": "app" }], "serialNumbers": ["S1"] }""",
            Event,
            test => test.Holders("app").ShouldBe(["S2", "S3"], ignoreOrder: true)
        ),
        new(
            "POST /assets/revoke",
            """{ "serialNumbers": ["S1", "S2"] }""",
            Event,
            test => test.Holders("app").ShouldBe(["S3"])
        ),
        new("GET /assignments", "?adamId=app", [.. Page, "assignments"]),
        new("GET /users", "", [.. Page, "users"]),
        new(
            "POST /users/create",
            """{ "users": [{ "clientUserId": "new", "email": "new@example.com" }] }""",
            Event,
            test => test.User("new").Status.ShouldBe("Registered")
        ),
        new(
            "POST /users/update",
            """{ "users": [{ "clientUserId": "bob", "managedAppleId": "bob@example.com" }] }""",
            Event,
            test => test.User("bob").Status.ShouldBe("Associated")
        ),
        new(
            "POST /users/retire",
            """{ "users": [{ "clientUserId": "ann" }] }""",
            Event,
            test => test.User("ann").Status.ShouldBe("Retired")
        ),
        new(
            "GET /status",
            "?eventId=",
            [.. Envelope, "eventStatus", "eventType", "numCompleted", "numRequested", "failures"]
        ),
        new("GET /subscriptions", "", [.. Cursor, "nextCursor", "subscriptions"]),
        new("GET /subscriptions/assignments", "?adamId=11&clientUserId=ann", [.. Cursor, "assignments"]),
        new("GET /subscriptions/admins", "?includeUserState=true", [.. Cursor, "admins"]),
        new(
            "POST /subscriptions/associate",
            """{ "adamIds": [11, 12], "clientUserIds": ["eve"], "renewing": false }""",
            Event,
            test => test.Seats("eve").ShouldBe([(11, false), (12, false)])
        ),
        new(
            "POST /subscriptions/disassociate",
            """{ "adamIds": [11], "clientUserIds": ["ann"] }""",
            Event,
            test => test.Seats("ann").ShouldBeEmpty()
        ),
        new(
            "POST /subscriptions/admins/add",
            """{ "adamIds": [11], "clientUserIds": ["eve"] }""",
            Cursor,
            test => test.Admins().ShouldBe(["ann", "eve"])
        ),
        new(
            "POST /subscriptions/admins/remove",
            """{ "adamIds": [11], "clientUserIds": ["ann"] }""",
            Cursor,
            test => test.Admins().ShouldBeEmpty()
        ),
        new(
            "POST /subscriptions/enable",
            null,
            [.. Envelope, "subscriptionManagement"],
            test => test.Location.ContentToken.ManagesSubscriptions.ShouldBeTrue()
        ),
        new(
            "POST /subscriptions/disable",
            null,
            [.. Envelope, "subscriptionManagement"],
            test => test.Location.ContentToken.ManagesSubscriptions.ShouldBeFalse()
        ),
    }.ToDictionary(one => one.Endpoint);

    private string _eventId = "";

    public static TheoryData<string> Endpoints => [.. Cases.Keys];

    internal override SimulatedAppleOptions Options =>
        new()
        {
            TimeProvider = Clock,
            PageSize = 2,
            EnforceRate = false,
        };

    [Fact]
    public void Every_endpoint_has_a_test() =>
        EndpointTable
            .All.Select(endpoint => $"{endpoint.Method} {endpoint.Path}")
            .Append("GET /service/config")
            .ShouldBe(Cases.Keys, ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task It_returns_its_members_and_makes_its_change(string endpoint)
    {
        var one = Cases[endpoint];
        await FillAsync(endpoint);

        var response = await SendAsync(one);

        response.Status.ShouldBe(200);
        response.Body.Select(member => member.Key).ShouldBe(one.Members, ignoreOrder: true);
        await Apple.WaitUntilDeliveredAsync();
        one.Effect?.Invoke(this);
        Apple.Violations.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task It_can_return_every_error_number_with_its_status_and_inside_a_200(string endpoint)
    {
        var one = Cases[endpoint];
        await FillAsync(endpoint);
        var before = Location.Records.Current;

        foreach (var errorNumber in AppleErrors.All.Keys)
        {
            Apple.Faults.Next(endpoint, Fault.Error(errorNumber), Fault.ErrorInside200(errorNumber));

            (await SendAsync(one)).ShouldBe(AppleErrors.StatusOf(errorNumber), errorNumber);
            (await SendAsync(one)).ShouldBe(200, errorNumber);
        }

        await Apple.WaitUntilDeliveredAsync();
        Location.Records.Current.ShouldBeSameAs(before);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Its_responses_can_be_late_or_throttled(string endpoint)
    {
        var one = Cases[endpoint];
        await FillAsync(endpoint);
        Apple.Faults.Always(endpoint, Fault.TooManyRequests());
        (await SendAsync(one)).ShouldBe(429, 9646);
        (await SendAsync(one)).ShouldBe(429, 9646);
        Apple.Faults.Clear();

        Apple.Faults.Always(endpoint, Fault.Slow(TimeSpan.FromSeconds(30)));
        var late = SendAsync(one);
        await Clock.TimersPending();
        late.IsCompleted.ShouldBeFalse();
        Clock.Advance(TimeSpan.FromSeconds(30));

        (await late).Status.ShouldBe(200);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Its_responses_can_be_cut_off_lost_and_truncated(string endpoint)
    {
        Fault[] faults = [Fault.CutOff(), Fault.LoseResponse(), Fault.Abort()];
        foreach (var fault in faults)
        {
            await RenewAsync(endpoint);
            Apple.Faults.Next(endpoint, fault);
            await Should.ThrowAsync<HttpRequestException>(() => SendAsync(Cases[endpoint]), $"{fault}");
        }

        await RenewAsync(endpoint);
        Apple.Faults.Next(endpoint, Fault.Malformed(Malformation.Truncated));
        await Should.ThrowAsync<JsonException>(() => SendAsync(Cases[endpoint]));
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("lost")]
    [InlineData("aborted")]
    public async Task A_write_whose_response_is_lost_has_its_effect_unless_the_request_was_aborted(string how)
    {
        Location.AddAsset("app");
        Apple.Faults.Next(
            "/assets/associate",
            how switch
            {
                "cut off" => Fault.CutOff(),
                "lost" => Fault.LoseResponse(),
                _ => Fault.Abort(),
            }
        );

        await Should.ThrowAsync<HttpRequestException>(() =>
            SendAsync(
                Cases["POST /assets/associate"] with
                {
                    Request = """{ "assets": [{ "adamId": "app" }], "serialNumbers": ["S9"] }""",
                }
            )
        );
        await Apple.WaitUntilDeliveredAsync();

        Holders("app").Count().ShouldBe(how == "aborted" ? 0 : 1);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_read_only_token_can_use_reads_and_Client_Config_only(string endpoint)
    {
        await FillAsync(endpoint);
        Location.ContentToken.IsReadOnly = true;
        var before = Location.Records.Current;

        var response = await SendAsync(Cases[endpoint]);

        if (endpoint.StartsWith("GET ", StringComparison.Ordinal) || endpoint == "POST /client/config")
        {
            response.Status.ShouldBe(200);
        }
        else
        {
            response.ShouldBe(403, 9637);
            await Apple.WaitUntilDeliveredAsync();
            Location.Records.Current.ShouldBeSameAs(before);
        }
    }

    // A write can seldom be repeated.
    private Task RenewAsync(string endpoint)
    {
        Location = Apple.AddLocation();
        UseToken(Location.ContentToken.Text);
        return FillAsync(endpoint);
    }

    private async Task FillAsync(string endpoint)
    {
        await SubscribeAsync();
        Location.AddAsset("app");
        Location.AddAsset("2");
        Location.AddAsset("3");
        Location.AddUser("ann", managedAppleId: "ann@example.com");
        Location.AddUser("bob", "bob@example.org");
        Location.AddUser("eve", managedAppleId: "eve@example.com");
        _eventId = await Location.AssociateAsync(["app"], ["S1", "S2", "S3"]);
        foreach (var adamId in new[] { 11, 12, 13 })
        {
            Location.AddSubscription(adamId, renewing: endpoint == "POST /subscriptions/disable" ? 0 : 5);
        }

        Location.AddSubscriptionAdmin(11, "ann");
        await Location.AssociateSubscriptionsAsync([11], ["ann"]);
        await Apple.WaitUntilDeliveredAsync();
    }

    private Task<AppleAnswer> SendAsync(Case one)
    {
        var (method, path) = (one.Endpoint.Split(' ')[0], one.Endpoint.Split(' ')[1]);
        return method == "GET" ? GetAsync($"{path}{one.Request}{(path == "/status" ? _eventId : "")}")
            : one.Request is { } body ? PostAsync(path, JsonNode.Parse(body)!)
            : SendAsync(HttpMethod.Post, path, null);
    }

    private IEnumerable<string> Holders(string adamId) =>
        Location
            .ExportState()
            .Assignments.Where(assignment => assignment.AdamId == adamId)
            .Select(assignment => assignment.SerialNumber ?? assignment.ClientUserId!);

    private SimulatedUser User(string clientUserId) =>
        Location.ExportState().Users.Single(user => user.ClientUserId == clientUserId);

    private IEnumerable<(long, bool)> Seats(string clientUserId) =>
        Location
            .ExportState()
            .SubscriptionAssignments.Where(seat => seat.ClientUserId == clientUserId)
            .Select(seat => (seat.AdamId, seat.Renewing));

    private IEnumerable<string> Admins() =>
        Location.Records.Current.SubscriptionAdmins.Select(admin => admin.ClientUserId);

    /// <param name="Request">The query of a read, the body of a write; null: no body.</param>
    private sealed record Case(
        string Endpoint,
        string? Request,
        IReadOnlyList<string> Members,
        Action<AppleEndpointTests>? Effect = null
    );
}
