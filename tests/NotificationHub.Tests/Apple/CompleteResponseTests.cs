using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Apple;
using NotificationHub.Simulator.Apple.Faults;
using static NotificationHub.Apple.AppleErrorKind;

namespace NotificationHub.Tests.Apple;

/// <summary>A response with status 200 is used only if it is complete, as Apple documents it.</summary>
public sealed class CompleteResponseTests : AppleTest
{
    private static readonly JsonObject Configuration = new()
    {
        ["uId"] = PageCase.UId,
        ["locationName"] = "Zürich",
        ["subscribedNotificationTypes"] = new JsonArray(),
    };

    private static readonly JsonObject Service = new() { ["limits"] = new JsonObject { ["maxAssets"] = 25 } };

    private static readonly JsonObject Status = new()
    {
        ["uId"] = PageCase.UId,
        ["eventStatus"] = "COMPLETE",
        ["numCompleted"] = 3,
        ["numRequested"] = 3,
    };

    private static readonly Malformation[] OfEveryResponse =
    [
        .. Enum.GetValues<Malformation>().Where(one => MalformedBody.IsPossible(Status, one)),
    ];

    private AppleSession Session7 => new(Client, Token, Rate, PageCase.UId);

    [Fact]
    public void Every_valid_page_is_accepted() =>
        Prop.ForAll(
                PageCase.Legal.ToArbitrary(),
                async page =>
                {
                    Apple.Then(page.Json.ToJsonString());
                    var rows = await Passing(page.Endpoint.ReadAsync(Session7, page.From));
                    return rows == page.Json[page.Endpoint.List]!.AsArray().Count;
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void No_malformed_page_is_accepted() =>
        Prop.ForAll(
                PageCase.Malformed.ToArbitrary(),
                async one =>
                {
                    var kind = Script(one.Page.Json, one.Malformation);
                    var error = await ErrorOf(one.Page.Endpoint.ReadAsync(Session7, one.Page.From));
                    return error.Kind == kind && Apple.IsDone && (kind == Protocol) == (error.Malformation is null);
                }
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Every_malformation_of_a_page_occurs_in_the_property_above() =>
        PageCase
            .Malformed.Sample(2000, 50)
            .Select(one => one.Malformation)
            .Distinct()
            .Order()
            .ShouldBe(Enum.GetValues<Malformation>());

    [Fact]
    public async Task No_malformed_event_status_is_accepted()
    {
        foreach (var malformation in OfEveryResponse)
        {
            Apple.Then(_ => Task.FromResult(Bytes(MalformedBody.Create(Status, malformation))));

            (await ErrorOf(Session7.GetEventStatusAsync("e", default))).Kind.ShouldBe(KindOf(malformation));
        }
    }

    [Theory]
    [InlineData("""{"eventStatus":"COMPLETE"}""", "no task counts in an event that has ended")]
    [InlineData("""{"eventStatus":"FAILED","numCompleted":1}""", "no task counts in an event that has ended")]
    [InlineData("""{"eventStatus":null,"numCompleted":1,"numRequested":1}""", "no eventStatus")]
    [InlineData(
        """{"uId":"9","eventStatus":"COMPLETE","numCompleted":1,"numRequested":1}""",
        "the uId of another location"
    )]
    public async Task An_ended_event_must_have_its_task_counts(string body, string malformation)
    {
        Apple.Then(body.Replace("{\"eventStatus", $"{{\"uId\":\"{PageCase.UId}\",\"eventStatus", default));

        (await ErrorOf(Session7.GetEventStatusAsync("e", default))).Malformation.ShouldBe(malformation);
    }

    [Fact]
    public async Task No_malformed_Client_Config_is_accepted()
    {
        foreach (var malformation in OfEveryResponse)
        {
            var kind = Script(Configuration, malformation);

            (await ErrorOf(Session7.GetClientConfigAsync(default))).Kind.ShouldBe(kind);
        }
    }

    [Fact]
    public async Task The_Client_Config_of_another_location_is_accepted()
    {
        Apple.Then("""{"uId":"9","locationName":"Another"}""");

        (await Passing(Session7.GetClientConfigAsync(default))).UId.ShouldBe("9");
    }

    [Fact]
    public async Task No_malformed_Service_Config_is_accepted()
    {
        foreach (var malformation in OfEveryResponse)
        {
            Apple.ServiceConfig = () => Bytes(MalformedBody.Create(Service, malformation));

            (await ErrorOf(Client.GetServiceConfigAsync(default))).Kind.ShouldBe(KindOf(malformation));
        }
    }

    [Fact]
    public async Task A_malformed_page_is_retried_and_the_error_names_the_cause()
    {
        Apple.Then("""{"size":549,"totalPages":3}""").Then("""{"assets":[{"adamId":"1"}]}""");

        (await ReadAssets()).ShouldHaveSingleItem().Items.ShouldHaveSingleItem().AdamId.ShouldBe("1");

        Apple.Then("{}").Then("{}").Then("""{"size":549,"totalPages":3}""");
        var error = await ErrorOfAssets();
        error.Malformation.ShouldBe("no list assets");
        error.Message.ShouldBe("The response to GET /assets is malformed: no list assets (status 200, 27 bytes).");
    }

    [Fact]
    public async Task A_page_may_contain_only_unlimited_assets_if_they_are_requested()
    {
        const string page = """{"size":1,"unlimitedAssets":[{"adamId":"1"}]}""";
        Apple.Then(page);

        (await ReadAssets(new AssetQuery { Unlimited = true })).ShouldHaveSingleItem().Items.Count.ShouldBe(1);

        Apple.Then(page).Then(page).Then(page);
        (await ErrorOfAssets()).Kind.ShouldBe(Malformed);
    }

    [Theory]
    [InlineData("assets", "adamId=1", "{'adamId':'1','pricingParam':'PLUS'}", "{'adamId':'2'}")]
    [InlineData("assets", "adamId=1&pricingParam=STDQ", "{'adamId':1}", "{'adamId':'1','pricingParam':'PLUS'}")]
    [InlineData("assets", "adamId=1&pricingParam=PLUS", "{'adamId':'1','pricingParam':'PLUS'}", "{'adamId':'1'}")]
    [InlineData("assignments", "adamId=1", "{'adamId':'1','serialNumber':'S'}", "{'adamId':'2','serialNumber':'S'}")]
    [InlineData(
        "assignments",
        "serialNumber=Ab1",
        "{'adamId':'1','serialNumber':'aB1'}",
        "{'adamId':'1','serialNumber':'Ab2'}"
    )]
    [InlineData(
        "assignments",
        "serialNumber=Ab1",
        "{'adamId':'2','serialNumber':'AB1'}",
        "{'adamId':'1','clientUserId':'Ab1'}"
    )]
    [InlineData(
        "assignments",
        "clientUserId=u",
        "{'adamId':'1','clientUserId':'u'}",
        "{'adamId':'1','clientUserId':'U'}"
    )]
    [InlineData("users", "clientUserId=u", "{'clientUserId':'u','status':'Retired'}", "{'clientUserId':'U'}")]
    [InlineData("subscriptions", "adamId=1", "{'adamId':1}", "{'adamId':2}")]
    [InlineData(
        "subscriptions/assignments",
        "adamId=1",
        "{'adamId':1,'clientUserId':'u'}",
        "{'adamId':2,'clientUserId':'u'}"
    )]
    [InlineData(
        "subscriptions/assignments",
        "clientUserId=u",
        "{'adamId':1,'clientUserId':'u'}",
        "{'adamId':1,'clientUserId':'U'}"
    )]
    [InlineData(
        "subscriptions/admins",
        "adamId=1",
        "{'adamId':1,'clientUserId':'u'}",
        "{'adamId':2,'clientUserId':'u'}"
    )]
    public async Task A_page_with_a_record_that_was_not_requested_is_malformed(
        string path,
        string query,
        string requested,
        string other
    )
    {
        var list = path[(path.IndexOf('/', StringComparison.Ordinal) + 1)..];
        Apple.Then(PageOf(requested));
        (await Passing(ReadAsync(path, query))).ShouldBe(1);

        Apple.Then(PageOf(requested, other)).Then(PageOf(other)).Then(PageOf(other, requested));
        (await ErrorOf(ReadAsync(path, query))).Malformation.ShouldBe($"a record in {list} that was not requested");

        string PageOf(params string[] rows) =>
            $$"""{"uId":"{{PageCase.UId}}","{{list}}":[{{string.Join(',', rows).Replace('\'', '"')}}]}""";
    }

    [Theory]
    [InlineData("'error':null,'errors':null,'status':'ok'", true)]
    [InlineData("'error':false,'errors':[],'status':0", true)]
    [InlineData("'error':'x'", false)]
    [InlineData("'error':{}", false)]
    [InlineData("'errors':['x']", false)]
    [InlineData("'errors':{'a':1}", false)]
    [InlineData("'status':'Error'", false)]
    public async Task A_page_with_an_error_in_any_form_is_malformed(string members, bool isAccepted)
    {
        var page = $$"""{"uId":"{{PageCase.UId}}","assets":[],{{members.Replace('\'', '"')}}}""";
        Apple.Then(page);
        if (isAccepted)
        {
            (await Passing(ReadAsync("assets", ""))).ShouldBe(0);
        }
        else
        {
            Apple.Then(page).Then(page);
            (await ErrorOf(ReadAsync("assets", ""))).Malformation.ShouldBe("an error without a number");
        }
    }

    [Theory]
    [InlineData(11, "2", 0, true)]
    [InlineData(12, "2", 0, false)]
    [InlineData(12, "2", 1, true)]
    [InlineData(12, "3", 0, true)]
    [InlineData(9_999, "null", 0, true)]
    [InlineData(10_000, "null", 0, false)]
    [InlineData(10_000, "20000", 0, false)]
    [InlineData(10_000, "null", 1, true)]
    public async Task An_endless_series_of_empty_pages_is_an_error(
        int index,
        string totalPages,
        int rows,
        bool isAccepted
    )
    {
        var page = $$"""
            {"uId":"{{PageCase.UId}}","nextPageIndex":{{index + 1}},"totalPages":{{totalPages}},
             "assets":[{{(rows == 0 ? "" : "{\"adamId\":1}")}}]}
            """;
        var from = new PageMark($"{index}", FirstVersionId: null);
        Apple.Then(page);
        if (isAccepted)
        {
            (await Passing(PagedEndpoint.All[0].ReadAsync(Session7, from))).ShouldBe(rows);
        }
        else
        {
            Apple.Then(page).Then(page);
            (await ErrorOf(PagedEndpoint.All[0].ReadAsync(Session7, from))).Malformation.ShouldBe(
                $"page {index} is empty and leads to another page"
            );
        }
    }

    [Fact]
    public async Task Empty_pages_with_ever_new_cursors_end_with_an_error()
    {
        var cursors = 0;
        var read = PagedRead.ByCursorAsync<Subscription>(
            "GET /subscriptions",
            from: null,
            (_, _) =>
                Task.FromResult<PageResponse<Subscription>>(
                    new SubscriptionsResponse { Subscriptions = [], NextCursor = $"c{cursors++}" }
                ),
            default
        );

        var error = await Should.ThrowAsync<AppleException>(read.Take(20_000).CountAsync().AsTask());
        error.Kind.ShouldBe(TraversalStuck);
        cursors.ShouldBe(10_001);
    }

    private async Task<int> ReadAsync(string path, string query)
    {
        var filter = System.Web.HttpUtility.ParseQueryString(query);
        var (adamId, pricing, serial, user) = (
            filter["adamId"],
            filter["pricingParam"],
            filter["serialNumber"],
            filter["clientUserId"]
        );
        return path switch
        {
            "assets" => await CountAsync(
                Session7.ReadAssetsAsync(new AssetQuery { AdamId = adamId, PricingParam = pricing }, default)
            ),
            "assignments" => await CountAsync(
                Session7.ReadAssignmentsAsync(
                    new AssignmentQuery
                    {
                        AdamId = adamId,
                        PricingParam = pricing,
                        SerialNumber = serial,
                        ClientUserId = user,
                    },
                    default
                )
            ),
            "users" => await CountAsync(Session7.ReadUsersAsync(new UserQuery { ClientUserId = user }, default)),
            "subscriptions" => await CountAsync(
                Session7.ReadSubscriptionsAsync(new SubscriptionQuery { AdamId = adamId }, default)
            ),
            "subscriptions/assignments" => await CountAsync(
                Session7.ReadSubscriptionAssignmentsAsync(
                    new SubscriptionAssignmentQuery { AdamId = adamId, ClientUserId = user },
                    default
                )
            ),
            _ => await CountAsync(
                Session7.ReadSubscriptionAdminsAsync(new SubscriptionAdminQuery { AdamId = adamId }, default)
            ),
        };
    }

    private static async Task<int> CountAsync<T>(IAsyncEnumerable<Page<T>> pages) =>
        (await pages.ToListAsync()).Sum(page => page.Items.Count);

    private AppleErrorKind Script(JsonObject response, Malformation malformation)
    {
        var body = MalformedBody.Create(response, malformation);
        // A response from another service is not retried.
        for (var i = KindOf(malformation) == Protocol ? 1 : 3; i > 0; i--)
        {
            Apple.Then(_ => Task.FromResult(Bytes(body)));
        }

        return KindOf(malformation);
    }

    private static AppleErrorKind KindOf(Malformation malformation) =>
        malformation == Malformation.Html ? Protocol : Malformed;

    private static HttpResponseMessage Bytes(byte[] body) => new() { Content = new ByteArrayContent(body) };
}
