using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class RecordTests : AppleTest
{
    [Fact]
    public async Task IDs_are_text_even_if_Apple_sends_numbers()
    {
        Apple.Then("""{"uId":2049025000431439,"assets":[{"adamId":"408709785"},{"adamId":408709785}]}""");

        var page = (await ReadAssets()).ShouldHaveSingleItem();

        page.Items.Select(asset => asset.AdamId).ShouldBe(["408709785", "408709785"]);
        page.UId.ShouldBe("2049025000431439");
    }

    [Fact]
    public async Task Absent_and_null_are_equal_and_unknown_members_are_ignored()
    {
        Apple
            .Then("""{"assets":[],"mdmInfo":null,"tokenExpirationDate":null,"uId":null,"errorNumber":0}""")
            .Then("""{"assets":[{"adamId":"1","supportedPlatforms":null,"new":[{"a":{}}]}],"newer":{"b":1}}""");

        var empty = (await ReadAssets()).ShouldHaveSingleItem();
        var full = (await ReadAssets()).ShouldHaveSingleItem();

        empty.Items.ShouldBeEmpty();
        empty.MdmInfo.ShouldBeNull();
        empty.TokenExpirationDate.ShouldBeNull();
        full.Items.ShouldHaveSingleItem().SupportedPlatforms.ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_text_counts_as_absent()
    {
        Apple.Then(
            """
            {"size":1,"assignments":[{"adamId":"1","pricingParam":"","serialNumber":"","clientUserId":"user-1","idHash":"","userStatus":""}]}
            """
        );

        var pages = await Session.ReadAssignmentsAsync(new AssignmentQuery(), CancellationToken.None).ToListAsync();

        pages
            .ShouldHaveSingleItem()
            .Items.ShouldHaveSingleItem()
            .ShouldBe(new Assignment { AdamId = "1", ClientUserId = "user-1" });
    }

    [Fact]
    public void Unknown_members_survive_reading_and_writing()
    {
        const string Json = """{"adamId":"1","clientUserId":"u","status":"NEW","news":{"a":[1,null]}}""";

        Survives<Asset>(asset => asset.AdditionalMembers);
        Survives<Assignment>(one => one.AdditionalMembers);
        Survives<User>(user => user.AdditionalMembers);
        Survives<Subscription>(one => one.AdditionalMembers);
        Survives<SubscriptionAssignment>(one => one.AdditionalMembers);
        Survives<SubscriptionAdmin>(one => one.AdditionalMembers);

        static void Survives<T>(Func<T, IDictionary<string, JsonElement>?> members)
        {
            var type = (JsonTypeInfo<T>)AppleJsonContext.Default.GetTypeInfo(typeof(T))!;
            var record = JsonSerializer.Deserialize(Json, type)!;
            members(record)!["news"].GetRawText().ShouldBe("""{"a":[1,null]}""");
            JsonSerializer.Serialize(record, type).ShouldContain("\"news\":{\"a\":[1,null]}");
            members(JsonSerializer.Deserialize("{}", type)!).ShouldBeNull();
        }
    }

    [Fact]
    public async Task Unknown_members_of_responses_survive()
    {
        Apple
            .Then("""{"eventStatus":"SOMETHING_NEW","numCompleted":1,"numRequested":1,"news":1}""")
            .Then("""{"eventId":"e","news":2}""");

        var status = await Passing(Session.GetEventStatusAsync("e", default));
        var operation = await Passing(Session.RevokeAssetsAsync(new() { ClientUserIds = ["u"] }));

        status.AdditionalMembers!["news"].GetInt32().ShouldBe(1);
        (status.Status, status.IsPending, status.IsSuccess).ShouldBe(("SOMETHING_NEW", false, false));
        operation.Parts[0].Response!.AdditionalMembers!["news"].GetInt32().ShouldBe(2);
    }

    [Theory]
    [InlineData("2030-11-08T22:33:22+0000", "2030-11-08T22:33:22Z")]
    [InlineData("2030-11-08T22:33:22-0700", "2030-11-09T05:33:22Z")]
    [InlineData("2030-11-08T22:33:22Z", "2030-11-08T22:33:22Z")]
    [InlineData("soon", null)]
    public async Task Every_date_format_and_the_owner_are_read(string date, string? expected)
    {
        Apple.Then(
            $$$"""{"assets":[],"tokenExpirationDate":"{{{date}}}","mdmInfo":{"id":"i","name":"n","metadata":"m"}}"""
        );

        var page = (await ReadAssets()).ShouldHaveSingleItem();

        page.TokenExpirationDate.ShouldBe(expected is null ? null : DateTimeOffset.Parse(expected));
        page.MdmInfo.ShouldBe(
            new MdmInfo
            {
                Id = "i",
                Name = "n",
                Metadata = "m",
            }
        );
    }

    [Fact]
    public async Task An_unlimited_asset_is_marked_in_both_lists()
    {
        Apple.Then(
            """
            {"assets":[{"adamId":"1","totalCount":2147483647,"availableCount":2147483640},{"adamId":"2","totalCount":"7"}],
             "unlimitedAssets":[{"adamId":"3","assignedCount":4}]}
            """
        );

        var assets = (await ReadAssets()).ShouldHaveSingleItem().Items;

        assets.Select(asset => asset.IsUnlimited).ShouldBe([true, false, true]);
        assets.Sum(asset => asset.TotalCount).ShouldBe((2 * Asset.UnlimitedCount) + 7);
    }

    [Fact]
    public async Task All_records_of_a_user_are_returned_and_the_active_only_filter_is_applied_again()
    {
        const string users = """
            {"users":[{"clientUserId":"c","status":"Retired"},{"clientUserId":"c","status":"Retired","idHash":"a/+="},
                      {"clientUserId":"c","status":"Registered","inviteCode":"i"}]}
            """;
        Apple.Then(users).Then(users).Then(users);

        var all = await Users(new UserQuery());
        var active = await Users(new UserQuery { ActiveOnly = true });
        var retired = await Users(new UserQuery { RetiredOnly = true });

        all.Count.ShouldBe(3);
        active.ShouldHaveSingleItem().InviteCode.ShouldBe("i");
        retired.Select(user => user.IdHash).ShouldBe([null, "a/+="]);
    }

    [Fact]
    public async Task A_subscription_is_read_with_and_without_its_optional_members()
    {
        Apple.Then(
            """
            {"subscriptions":[{"parentAdamId":null,"adamId":12345,"status":"ACTIVE","periodEndDate":"2026-12-31","counts":
             {"assigned":{"renewing":80,"expiring":5},"available":{"renewing":15},"total":{"renewing":100,"expiring":0}}},{"adamId":"6"}]}
            """
        );

        var read = Session.ReadSubscriptionsAsync(new SubscriptionQuery(), default).ToListAsync().AsTask();
        var subscriptions = (await Passing(read)).ShouldHaveSingleItem().Items;

        subscriptions[0].AdamId.ShouldBe("12345");
        subscriptions[0].PeriodEndDate.ShouldBe(new DateOnly(2026, 12, 31));
        subscriptions[0].Counts!.Assigned.ShouldBe(new SeatCounts { Renewing = 80, Expiring = 5 });
        subscriptions[0].Counts!.Available!.Expiring.ShouldBeNull();
        subscriptions[1].ShouldBe(new Subscription { AdamId = "6" });
    }

    [Fact]
    public async Task Administrators_of_subscriptions_are_read_with_their_state()
    {
        Apple
            .Then(
                """
                {"uId":"7","versionId":"1680000000001","nextCursor":"c","admins":[
                 {"adamId":12345,"clientUserId":"client-1","idHash":"h+/=","userStatus":"Associated"}]}
                """
            )
            .Then("""{"admins":[{"adamId":12345,"clientUserId":"client-2"}]}""");
        var query = new SubscriptionAdminQuery { AdamId = "12345", IncludeUserState = true };

        var pages = await Passing(Session.ReadSubscriptionAdminsAsync(query, default).ToListAsync().AsTask());

        Apple
            .Requests.Select(request => request.PathAndQuery)
            .ShouldBe([
                "/mdm/v2/subscriptions/admins?adamId=12345&includeUserState=true",
                "/mdm/v2/subscriptions/admins?adamId=12345&includeUserState=true&cursor=c",
            ]);
        pages
            .SelectMany(page => page.Items)
            .ShouldBe([
                new SubscriptionAdmin
                {
                    AdamId = "12345",
                    ClientUserId = "client-1",
                    IdHash = "h+/=",
                    UserStatus = "Associated",
                },
                new SubscriptionAdmin { AdamId = "12345", ClientUserId = "client-2" },
            ]);
    }

    [Fact]
    public async Task An_event_succeeds_only_if_every_task_completed()
    {
        Apple
            .Then("""{"eventStatus":"COMPLETE","eventType":"ASSOCIATE","numCompleted":16,"numRequested":16}""")
            .Then("""{"eventStatus":"COMPLETE","numCompleted":14,"numRequested":16}""")
            .Then(
                """
                {"eventStatus":"FAILED","numCompleted":14,"numRequested":16,"failures":[{"errorNumber":9609,"errorMessage":"m",
                 "errorInfo":{"clientUserIds":["client-4"],"assets":[{"adamId":1,"pricingParam":"STDQ"}],"serialNumbers":null}}]}
                """
            )
            .Then("""{"eventStatus":"PENDING"}""");

        (await Status()).IsSuccess.ShouldBeTrue();
        (await Status()).IsSuccess.ShouldBeFalse();
        var failed = await Status();
        failed.IsSuccess.ShouldBeFalse();
        failed.Failures.ShouldHaveSingleItem().ErrorInfo!.ClientUserIds.ShouldBe(["client-4"]);
        failed.Failures[0].ErrorInfo!.Assets[0].ShouldBe(new AssetKey { AdamId = "1", PricingParam = "STDQ" });
        (await Status()).IsPending.ShouldBeTrue();
    }

    [Fact]
    public void Records_are_serialized_in_Apples_format()
    {
        var json = JsonSerializer.Serialize(
            new Subscription { AdamId = "12345", PeriodEndDate = new DateOnly(2026, 12, 31) },
            AppleJsonContext.Default.Subscription
        );

        json.ShouldBe("""{"adamId":"12345","periodEndDate":"2026-12-31"}""");
    }

    private Task<EventStatus> Status() => Passing(Session.GetEventStatusAsync("e", default));

    private async Task<List<User>> Users(UserQuery query) =>
        [
            .. (await Passing(Session.ReadUsersAsync(query, default).ToListAsync().AsTask())).SelectMany(page =>
                page.Items
            ),
        ];
}
