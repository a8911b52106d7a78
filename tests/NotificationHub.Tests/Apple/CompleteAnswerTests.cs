using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Apple;
using NotificationHub.Simulator.Apple.Faults;
using static NotificationHub.Apple.AppleErrorKind;

namespace NotificationHub.Tests.Apple;

/// <summary>A response with status 200 counts only if it is all that Apple documents for the endpoint.</summary>
public sealed class CompleteAnswerTests : AppleTest
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

    private static readonly Malformation[] OfEveryAnswer =
    [
        .. Enum.GetValues<Malformation>().Where(one => MalformedBody.IsPossible(Status, one)),
    ];

    private AppleSession Session7 => new(Client, Token, Rate, PageCase.UId);

    [Fact]
    public void Every_legal_page_is_accepted() =>
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
                    var fault = await FaultOf(one.Page.Endpoint.ReadAsync(Session7, one.Page.From));
                    return fault.Kind == kind && Apple.IsDone && (kind == Protocol) == (fault.Malformation is null);
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
    public async Task No_malformed_state_of_an_event_is_accepted()
    {
        foreach (var malformation in OfEveryAnswer)
        {
            Apple.Then(_ => Task.FromResult(Bytes(MalformedBody.Create(Status, malformation))));

            (await FaultOf(Session7.GetEventStatusAsync("e", default))).Kind.ShouldBe(KindOf(malformation));
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
    public async Task An_event_has_not_ended_without_its_counts(string body, string malformation)
    {
        Apple.Then(body.Replace("{\"eventStatus", $"{{\"uId\":\"{PageCase.UId}\",\"eventStatus", default));

        (await FaultOf(Session7.GetEventStatusAsync("e", default))).Malformation.ShouldBe(malformation);
    }

    [Fact]
    public async Task No_malformed_Client_Config_is_accepted()
    {
        foreach (var malformation in OfEveryAnswer)
        {
            var kind = Script(Configuration, malformation);

            (await FaultOf(Session7.GetClientConfigAsync(default))).Kind.ShouldBe(kind);
        }
    }

    [Fact]
    public async Task The_Client_Config_of_another_location_is_an_answer()
    {
        Apple.Then("""{"uId":"9","locationName":"Another"}""");

        (await Passing(Session7.GetClientConfigAsync(default))).UId.ShouldBe("9");
    }

    [Fact]
    public async Task No_malformed_Service_Config_is_accepted()
    {
        foreach (var malformation in OfEveryAnswer)
        {
            Apple.ServiceConfig = () => Bytes(MalformedBody.Create(Service, malformation));

            (await FaultOf(Client.GetServiceConfigAsync(default))).Kind.ShouldBe(KindOf(malformation));
        }
    }

    [Fact]
    public async Task A_malformed_page_is_requested_again_and_its_cause_is_named()
    {
        Apple.Then("""{"size":549,"totalPages":3}""").Then("""{"assets":[{"adamId":"1"}]}""");

        (await WalkAssets()).ShouldHaveSingleItem().Items.ShouldHaveSingleItem().AdamId.ShouldBe("1");

        Apple.Then("{}").Then("{}").Then("""{"size":549,"totalPages":3}""");
        var fault = await FaultOfAssets();
        fault.Malformation.ShouldBe("no list assets");
        fault.Message.ShouldBe("The answer to GET /assets is malformed: no list assets (status 200, 27 bytes).");
    }

    [Fact]
    public async Task Unlimited_assets_may_be_the_list_where_they_are_requested()
    {
        const string page = """{"size":1,"unlimitedAssets":[{"adamId":"1"}]}""";
        Apple.Then(page);

        (await WalkAssets(new AssetQuery { Unlimited = true })).ShouldHaveSingleItem().Items.Count.ShouldBe(1);

        Apple.Then(page).Then(page).Then(page);
        (await FaultOfAssets()).Kind.ShouldBe(Malformed);
    }

    private AppleErrorKind Script(JsonObject answer, Malformation malformation)
    {
        var body = MalformedBody.Create(answer, malformation);
        // What is not an answer of the API is not requested again within the call.
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
