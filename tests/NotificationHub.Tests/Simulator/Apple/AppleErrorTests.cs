using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>Every error number arises where the state calls for it; the rest is injected.</summary>
public sealed class AppleErrorTests : AppleTest
{
    /// <summary>The errors of a response.</summary>
    private static readonly Dictionary<int, Func<AppleErrorTests, Task<AppleAnswer>>> Rejections = new()
    {
        [9601] = test => test.UseTokenAsync(ContentTokenState.LoginRequired),
        [9602] = test => test.GetAsync("/assets?revocable=maybe"),
        [9603] = test => test.InjectAsync(9603),
        [9609] = test => test.InjectAsync(9609),
        [9621] = test => test.UseTokenAsync(ContentTokenState.Expired),
        [9622] = test => test.UseTokenAsync(ContentTokenState.Invalid),
        [9623] = test => test.InjectAsync(9623),
        [9625] = test => test.UseTokenAsync(ContentTokenState.Revoked),
        [9634] = test => test.InjectAsync(9634),
        [9637] = test => test.UseTokenAsync(ContentTokenState.Facilitator),
        [9646] = test => test.ExceedRateAsync(),
        [9647] = test => test.UseTokenAsync(ContentTokenState.Legacy),
        [9650] = test => test.GetAsync("/assets?pageIndex=7"),
        [9700] = test => test.AssociateAsync(Assets("1", "2", "3"), Texts("serialNumbers", "S1")),
        [9701] = test => test.AssociateAsync(Assets("app"), Texts("clientUserIds", "1", "2", "3")),
        [9702] = test => test.AssociateAsync(Assets("app"), Texts("serialNumbers", "1", "2", "3")),
        [9703] = test => test.AssociateAsync(Assets("app", "app"), Texts("serialNumbers", "S1")),
        [9704] = test => test.AssociateAsync(Assets("app"), Texts("clientUserIds", "ann", "ann")),
        [9705] = test => test.AssociateAsync(Assets("app"), Texts("serialNumbers", "S1", "S1")),
        [9706] = test => test.PostAsync("/assets/disassociate", Assets("book"), Texts("clientUserIds", "ann")),
        [9707] = test => test.AssociateAsync(Assets("book"), Texts("serialNumbers", "S1")),
        [9708] = test => test.GetAsync("/status?eventId=unknown"),
        [9710] = test => test.ConfigureAsync("notificationUrl", null),
        [9711] = test => test.ConfigureAsync("notificationAuthToken", new string('x', 513)),
        [9712] = test => test.ConfigureAsync("notificationUrl", "http://hub.example.com/"),
        [9713] = test => test.ConfigureMdmAsync("metadata", new string('x', 256)),
        [9714] = test => test.PostAsync("/users/create", Users("1", "2", "3")),
        [9715] = test => test.PostAsync("/users/retire", Users("ann", "ann")),
        [9717] = test => test.PostAsync("/users/create", """{ "users": [{ "clientUserId": "1", "email": "no" }] }"""),
        [9718] = test => test.AssociateAsync(Texts("serialNumbers", "S1")),
        [9719] = test => test.AssociateAsync(Assets("app")),
        [9720] = test => test.PostAsync("/users/update", "{}"),
        [9721] = test => test.GetAsync("/users?sinceVersionId=unknown"),
        [9722] = test => test.UseMalformedHeaderAsync(),
        [9723] = test => test.ConfigureMdmAsync("metadata", null),
        [9724] = test => test.ConfigureMdmAsync("id", new string('x', 101)),
        [9725] = test => test.ConfigureMdmAsync("name", new string('x', 101)),
        [9726] = test => test.SendAsync(HttpMethod.Put, "/assets/associate", null),
        [9727] = test => test.SendAsync(HttpMethod.Post, "/users/create", new StringContent("{}", Encoding.UTF8)),
        [9728] = test => test.ConfigureUnreachableAsync(),
        [9729] = test => test.InjectAsync(9729),
        [9811] = test => test.PostAsync("/subscriptions/associate", """{ "adamIds": [11] }"""),
        [9812] = test => test.GetAsync("/subscriptions?cursor=unknown"),
        [9813] = test => test.PostAsync("/subscriptions/associate", Seats("[99]", "ann", ", \"renewing\": true")),
        [9814] = test => test.PostAsync("/subscriptions/associate", Seats("[11]", "bob", ", \"renewing\": true")),
        [9815] = test => test.PostAsync("/subscriptions/disassociate", Seats("[11]", "eve")),
        [9816] = test => test.PostAsync("/subscriptions/disassociate", Seats("[11, 12, 13]", "ann")),
        [9817] = test => test.PostAsync("/subscriptions/disassociate", Seats("[12]", "ann")),
        [9818] = test => test.SendAsync(HttpMethod.Post, "/subscriptions/disable", null),
    };

    /// <summary>The errors of an accepted write's tasks.</summary>
    private static readonly Dictionary<int, Func<AppleErrorTests, Task<AppleAnswer>>> Failures = new()
    {
        [9603] = test => test.InjectTaskErrorAsync(9603),
        [9609] = test => test.AssociateAsync(Assets("app"), Texts("clientUserIds", "unknown")),
        [9635] = test => test.CreateAsync("no-account"),
        [9641] = test => test.CreateAsync("ann@example.com"),
        [9644] = test => test.InjectTaskErrorAsync(9644),
        [9709] = test => test.AssociateAsync(Assets("app"), Texts("serialNumbers", "S1", "S2")),
        [9716] = test => test.PostAsync("/users/create", Users("ann")),
        [9816] = test => test.PostAsync("/subscriptions/associate", Seats("[12]", "eve", ", \"renewing\": true")),
    };

    public static TheoryData<int> Rejected => [.. Rejections.Keys];

    public static TheoryData<int> Failed => [.. Failures.Keys];

    [Fact]
    public void Every_error_number_has_a_test() =>
        Rejections.Keys.Union(Failures.Keys).Order().ShouldBe(AppleErrors.All.Keys);

    [Fact]
    public async Task Service_Config_lists_every_error_number() =>
        (await GetAsync("/service/config"))
            .Rows("errorCodes")
            .Select(error => (int)error["errorNumber"]!)
            .ShouldBe(Rejections.Keys.Union(Failures.Keys).Order());

    [Theory]
    [MemberData(nameof(Rejected))]
    public async Task A_request_is_rejected_and_changes_nothing(int errorNumber)
    {
        Fill();
        var before = Location.Records.Current;

        var response = await Rejections[errorNumber](this);

        response.ShouldBe(AppleErrors.All[errorNumber].Status!.Value, errorNumber);
        ((string?)response.Body["errorMessage"]).ShouldNotBeNullOrEmpty();
        await Apple.WaitUntilDeliveredAsync();
        Location.Records.Current.ShouldBeSameAs(before);
    }

    [Theory]
    [MemberData(nameof(Failed))]
    public async Task A_task_of_an_accepted_write_fails_and_is_reported(int errorNumber)
    {
        await SubscribeAsync();
        Fill();

        var response = await Failures[errorNumber](this);

        response.ErrorNumber.ShouldBeNull();
        await Apple.WaitUntilDeliveredAsync();
        var status = await GetAsync("/status?eventId=" + response.Body["eventId"]);
        ((string?)status.Body["eventStatus"]).ShouldBe("FAILED");
        ((int)status.Rows("failures").ShouldHaveSingleItem()["errorNumber"]!).ShouldBe(errorNumber);
        var failure = Receiver.Notifications.Single(notification =>
            (string?)notification.Payload["result"] == "FAILURE"
        );
        ((int)failure.Payload["error"]!["errorNumber"]!).ShouldBe(errorNumber);
        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task Only_the_requested_number_of_tasks_fails()
    {
        Location.AddAsset("1");
        Apple.Faults.Next("/assets/associate", Fault.EventError(9603, tasks: 2));

        var response = await AssociateAsync(Assets("1"), Texts("serialNumbers", "S1", "S2", "S3"));
        await Apple.WaitUntilDeliveredAsync();

        var status = await GetAsync("/status?eventId=" + response.Body["eventId"]);
        ((int)status.Body["numCompleted"]!).ShouldBe(1);
        ((int)status.Body["numRequested"]!).ShouldBe(3);
        Location.ExportState().Assignments.ShouldHaveSingleItem().SerialNumber.ShouldBe("S3");
    }

    private static string Assets(params string[] adamIds) =>
        $"\"assets\": [{string.Join(',', adamIds.Select(adamId => $$"""{ "adamId": "{{adamId}}" }"""))}]";

    private static string Texts(string member, params string[] values) =>
        $"\"{member}\": [{string.Join(',', values.Select(value => $"\"{value}\""))}]";

    private static string Users(params string[] users) =>
        $$"""{ "users": [{{string.Join(',', users.Select(user => $$"""{ "clientUserId": "{{user}}" }"""))}}] }""";

    private static string Seats(string adamIds, string user, string more = "") =>
        $$"""{ "adamIds": {{adamIds}}, "clientUserIds": ["{{user}}"]{{more}} }""";

    private void Fill()
    {
        Location.AddAsset("app", total: 1);
        Location.AddAsset("book", deviceAssignable: false, revocable: false);
        Location.AddUser("ann", managedAppleId: "ann@example.com");
        Location.AddUser("bob", email: "bob@example.com");
        Location.AddUser("eve", managedAppleId: "eve@example.com");
        Location.AddSubscription(11, renewing: 1);
        Location.AddSubscription(12, renewing: 1);
        Location.AddSubscriptionThroughGroup(12, "ann");
        foreach (
            var limit in new[]
            {
                AppleLimits.Assets,
                AppleLimits.ClientUserIds,
                AppleLimits.SerialNumbers,
                AppleLimits.Users,
                AppleLimits.Subscriptions,
            }
        )
        {
            Apple.Limits[limit] = 2;
        }
    }

    private Task<AppleAnswer> UseTokenAsync(ContentTokenState state)
    {
        Location.ContentToken.State = state;
        return GetAsync("/assets");
    }

    private Task<AppleAnswer> UseMalformedHeaderAsync()
    {
        UseHeader("Basic abc");
        return GetAsync("/assets");
    }

    private Task<AppleAnswer> InjectAsync(int errorNumber)
    {
        Apple.Faults.Next("/assets", Fault.Error(errorNumber));
        return GetAsync("/assets");
    }

    private Task<AppleAnswer> InjectTaskErrorAsync(int errorNumber)
    {
        Apple.Faults.Next("/users/update", Fault.EventError(errorNumber));
        return PostAsync("/users/update", Users("ann"));
    }

    private async Task<AppleAnswer> ExceedRateAsync()
    {
        Apple.Limits[AppleLimits.RequestsPerSecond] = 1;
        await GetAsync("/assets");
        return await GetAsync("/assets");
    }

    private Task<AppleAnswer> AssociateAsync(params string[] members) => PostAsync("/assets/associate", members);

    private Task<AppleAnswer> CreateAsync(string managedAppleId) =>
        PostAsync(
            "/users/create",
            $$"""{ "users": [{ "clientUserId": "new", "managedAppleId": "{{managedAppleId}}" }] }"""
        );

    private Task<AppleAnswer> ConfigureAsync(string member, string? value)
    {
        var body = Subscription();
        body[member] = value;
        return PostAsync("/client/config", body);
    }

    private Task<AppleAnswer> ConfigureMdmAsync(string member, string? value)
    {
        var body = Subscription();
        body["mdmInfo"]![member] = value;
        return PostAsync("/client/config", body);
    }

    private Task<AppleAnswer> ConfigureUnreachableAsync()
    {
        Receiver.NextAnswers.Enqueue(503);
        return PostAsync("/client/config", Subscription());
    }

    private Task<AppleAnswer> PostAsync(string path, params string[] members) =>
        PostAsync(path, JsonNode.Parse(members is [['{', ..]] ? members[0] : $"{{ {string.Join(',', members)} }}")!);
}
