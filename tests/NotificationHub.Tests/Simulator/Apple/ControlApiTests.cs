using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;

namespace NotificationHub.Tests.Simulator.Apple;

/// <summary>Changes and faults over HTTP, for an MDM in another process.</summary>
public sealed class ControlApiTests : AppleTest
{
    private readonly HttpClient _client = new();

    internal override SimulatedAppleOptions Options => new() { TimeProvider = Clock, EnforceRate = false };

    [Fact]
    public async Task It_lists_its_commands_the_locations_and_what_the_client_did_wrong()
    {
        await GetAsync("/licenses");

        var response = await _client.GetFromJsonAsync<JsonObject>(Apple.ControlUrl);

        response!["commands"]!.AsObject().ShouldContainKey("POST /simulator/faults");
        response["locations"]!.ToJsonString().ShouldBe($"[\"{Location.UId}\"]");
        ((int)response["requests"]!).ShouldBe(1);
        ((string?)response["violations"]![0]).ShouldBe("GET /licenses: this endpoint does not exist");
    }

    [Fact]
    public async Task Faults_are_injected_into_the_next_requests_or_all_until_they_are_removed()
    {
        await ControlAsync("faults", """{ "endpoint": "/users", "fault": "error", "errorNumber": 9603, "times": 2 }""");
        await ControlAsync("faults", """{ "fault": "error", "errorNumber": 9729, "retryAfter": 0, "times": 0 }""");

        (await GetAsync("/users")).ShouldBe(500, 9603);
        (await GetAsync("/users")).ShouldBe(500, 9603);
        (await GetAsync("/users")).ShouldBe(503, 9729);
        (await GetAsync("/assets")).RetryAfter!.Delta.ShouldBe(TimeSpan.Zero);
        await _client.DeleteAsync(Apple.ControlUrl + "/faults");
        (await GetAsync("/users")).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("error-in-200", 200)]
    [InlineData("web-page", 502)]
    [InlineData("cut-off", 0)]
    [InlineData("lose-response", 0)]
    [InlineData("abort", 0)]
    [InlineData("truncated", 200)]
    [InlineData("no-records", 200)]
    public async Task Every_fault_has_a_name(string fault, int status)
    {
        Location.AddAsset("1");
        var correct = await ReadAsync("/assets");

        await ControlAsync("faults", $$"""{ "endpoint": "/assets", "fault": "{{fault}}", "errorNumber": 9622 }""");

        if (status == 0)
        {
            await Should.ThrowAsync<HttpRequestException>(() => ReadAsync("/assets"));
        }
        else if (status == 200)
        {
            (await ReadAsync("/assets")).ShouldNotBe(correct);
        }
        else
        {
            (await Should.ThrowAsync<HttpRequestException>(() => ReadAsync("/assets"))).StatusCode.ShouldBe(
                (System.Net.HttpStatusCode)status
            );
        }

        (await ReadAsync("/assets")).ShouldBe(correct);
    }

    [Fact]
    public async Task Tasks_of_a_write_fail()
    {
        Location.AddUser("ann");
        await ControlAsync("faults", """{ "fault": "event-error", "errorNumber": 9644, "tasks": 1 }""");

        var response = await PostAsync(
            "/users/retire",
            JsonNode.Parse("""{ "users": [{ "clientUserId": "ann" }] }""")!
        );
        await Apple.WaitUntilDeliveredAsync();

        var status = Location.EventStatus((string)response.Body["eventId"]!)!;
        ((int)status["failures"]![0]!["errorNumber"]!).ShouldBe(9644);
        Location.ExportState().Users.ShouldHaveSingleItem().Status.ShouldBe("Registered");
    }

    [Fact]
    public async Task Limits_and_tokens_change()
    {
        await ControlAsync("limits", """{ "name": "maxUsers", "value": 7 }""");
        await ControlAsync("limits", """{ "name": "maxRequestPerSecond" }""");
        var limits = (await GetAsync("/service/config")).Body["limits"]!.AsObject();
        ((int)limits["maxUsers"]!).ShouldBe(7);
        limits.ShouldNotContainKey("maxRequestPerSecond");

        await ControlAsync("tokens", """{ "readOnly": true }""");
        (await PostAsync("/users/retire", JsonNode.Parse("{}")!)).ShouldBe(403, 9637);
        await ControlAsync("tokens", """{ "state": "Revoked" }""");
        (await GetAsync("/assets")).ShouldBe(401, 9625);
    }

    [Fact]
    public async Task Licenses_are_bought_and_returned()
    {
        await SubscribeAsync();

        await ControlAsync("purchases", """{ "adamId": "1", "count": 5 }""");
        await ControlAsync("purchases", """{ "adamId": "1", "count": -2 }""");
        (await RefuseAsync("purchases", """{ "adamId": "1", "count": -4 }""")).ShouldContain("available licenses");
        await Apple.WaitUntilDeliveredAsync();

        Location.ExportState().Assets.ShouldHaveSingleItem().Total.ShouldBe(3);
        Receiver
            .Notifications.Select(notification => (int)notification.Payload["countDelta"]!)
            .ShouldBe([5, -2], ignoreOrder: true);
    }

    [Fact]
    public async Task Invitations_are_accepted_by_name_or_by_their_link()
    {
        await SubscribeAsync();
        Location.AddUser("ann", "ann@example.com");
        Location.AddUser("bob", "bob@example.com");
        var code = Location.ExportState().Users[1].InviteCode;
        var link = (string)(await GetAsync("/service/config")).Body["urls"]!["invitationEmail"]!;

        await ControlAsync("invitations", """{ "clientUserIds": ["ann"] }""");
        var accepted = await _client.GetFromJsonAsync<JsonObject>(
            link.Replace("%25inviteCode%25", code, StringComparison.Ordinal)
        );
        await Apple.WaitUntilDeliveredAsync();

        ((string?)accepted!["accepted"]).ShouldBe("bob");
        Location.ExportState().Users.ShouldAllBe(user => user.Status == "Associated");
        Receiver
            .Notifications.Select(notification => notification.Type)
            .ShouldBe(["USER_ASSOCIATED", "USER_ASSOCIATED"]);
    }

    [Fact]
    public async Task Subscriptions_are_bought_after_they_are_enabled_and_expire()
    {
        const string Purchase = """{ "adamId": 11, "renewing": 2, "expiring": 1 }""";
        (await RefuseAsync("subscriptions", Purchase)).ShouldContain("/subscriptions/enable");
        await SendAsync(HttpMethod.Post, "/subscriptions/enable", null);

        await ControlAsync("subscriptions", Purchase);
        Location.ExportState().Subscriptions.ShouldHaveSingleItem().TotalExpiring.ShouldBe(1);
        await ControlAsync("billing-periods", "{}");

        var subscription = Location.ExportState().Subscriptions.ShouldHaveSingleItem();
        (subscription.TotalRenewing, subscription.TotalExpiring).ShouldBe((2, 0));
    }

    [Theory]
    [InlineData("faults", """{ "fault": "earthquake" }""", "there is no fault earthquake")]
    [InlineData("faults", """{ "fault": "error" }""", "errorNumber is missing")]
    [InlineData("faults", """{ "surprise": 1 }""", "unknown member of the body: surprise")]
    [InlineData("tokens", """{ "state": "Lost" }""", "there is no state Lost")]
    [InlineData("purchases", """{ "adamId": 1 }""", "invalid value in the body: adamId")]
    [InlineData("invitations", """{ "location": "1" }""", "there is no location 1")]
    [InlineData("billing-periods", "[]", "invalid value in the body: body")]
    public async Task An_invalid_command_is_explained(string command, string body, string error) =>
        (await RefuseAsync(command, body)).ShouldBe(error);

    [Fact]
    public async Task An_unknown_command_is_explained()
    {
        using var response = await _client.GetAsync(new Uri(Apple.ControlUrl + "/weather"));

        (await response.Content.ReadAsStringAsync()).ShouldContain("GET /simulator lists the commands");
        ((int)response.StatusCode).ShouldBe(404);
    }

    public override async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await base.DisposeAsync();
    }

    private async Task ControlAsync(string command, string body) =>
        (await SendControlAsync(command, body)).ShouldBe((200, null));

    private async Task<string> RefuseAsync(string command, string body)
    {
        var (status, error) = await SendControlAsync(command, body);
        status.ShouldBe(400);
        return error.ShouldNotBeNull();
    }

    // curl sends a form by default: the content type does not matter here.
    private async Task<(int Status, string? Error)> SendControlAsync(string command, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/x-www-form-urlencoded");
        using var response = await _client.PostAsync(new Uri($"{Apple.ControlUrl}/{command}"), content);
        return (
            (int)response.StatusCode,
            (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["error"]
        );
    }
}
