using System.Text;
using System.Text.Json.Nodes;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Tests.Simulator.Apple;

public sealed class RequestChecksTests : AppleTest
{
    [Theory]
    [InlineData("Basic abc")]
    [InlineData("Bearer")]
    [InlineData("Bearer two words")]
    public async Task A_malformed_authorization_header_is_rejected(string header)
    {
        UseHeader(header);

        (await GetAsync("/assets")).ShouldBe(401, 9722);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_missing_authorization_header_is_rejected()
    {
        UseToken(null);

        (await GetAsync("/assets")).ShouldBe(401, 9722);
    }

    [Fact]
    public async Task An_unknown_token_is_rejected_with_status_200()
    {
        UseToken("dW5rbm93bg==");

        (await GetAsync("/assets")).ShouldBe(200, 9622);
    }

    [Theory]
    [InlineData("Expired", 401, 9621)]
    [InlineData("Revoked", 401, 9625)]
    [InlineData("Invalid", 200, 9622)]
    public async Task A_token_that_is_no_longer_valid_is_rejected(string state, int status, int errorNumber)
    {
        Location.ContentToken.State = Enum.Parse<ContentTokenState>(state);

        (await GetAsync("/assets")).ShouldBe(status, errorNumber);

        Apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_token_expires_on_its_date()
    {
        Clock.Advance(TimeSpan.FromDays(400));

        (await GetAsync("/assets")).ShouldBe(401, 9621);
    }

    [Fact]
    public async Task A_renewed_token_belongs_to_the_same_location()
    {
        Clock.Advance(TimeSpan.FromDays(400));
        UseToken(Location.IssueContentToken(Clock.GetUtcNow().AddYears(1)).Text);

        ((string?)(await GetAsync("/assets")).Body["uId"]).ShouldBe(Location.UId);
    }

    [Fact]
    public void The_token_file_is_base64_of_json_with_an_offset_without_a_colon()
    {
        var json = Encoding.UTF8.GetString(Convert.FromBase64String(Location.ContentTokenFile.Trim()));

        ((string)JsonNode.Parse(json)!["expDate"]!).ShouldBe("2027-08-01T12:00:00+0000");
    }

    [Fact]
    public async Task Requests_above_the_rate_limit_get_429()
    {
        for (var count = 0; count < 15; count++)
        {
            (await GetAsync("/assets")).Status.ShouldBe(200);
        }

        (await GetAsync("/assets")).ShouldBe(429, 9646);
        Clock.Advance(TimeSpan.FromSeconds(1));

        (await GetAsync("/assets")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task An_unknown_query_parameter_is_a_violation()
    {
        (await GetAsync("/assets?sinceVersionId=1")).ShouldBe(400, 9602);

        Apple.Violations.ShouldHaveSingleItem().ShouldContain("sinceVersionId");
    }

    [Fact]
    public async Task A_repeated_parameter_is_a_violation()
    {
        (await GetAsync("/assets?adamId=1&adamId=2")).ShouldBe(400, 9602);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_wrong_method_is_a_violation()
    {
        (await SendAsync(HttpMethod.Delete, "/assets", null)).ShouldBe(405, 9726);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_wrong_content_type_is_a_violation()
    {
        using var content = new StringContent("{}", Encoding.UTF8, "text/plain");

        (await SendAsync(HttpMethod.Post, "/users/create", content)).ShouldBe(415, 9727);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("/assets/associate", """{ "assets": [{ "adamId": 1 }], "serialNumbers": ["S1"] }""")]
    [InlineData("/subscriptions/associate", """{ "adamIds": ["1"], "clientUserIds": ["u1"], "renewing": true }""")]
    [InlineData("/subscriptions/admins/add", """{ "adamIds": ["1"], "clientUserIds": ["u1"] }""")]
    public async Task An_adamId_is_a_string_for_assets_and_a_number_for_subscriptions(string path, string body)
    {
        (await PostAsync(path, JsonNode.Parse(body)!)).ShouldBe(400, 9602);

        Apple.Violations.ShouldHaveSingleItem().ShouldContain("adamId");
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{ "users": [], "surprise": 1 }""")]
    public async Task A_body_that_is_not_the_documented_object_is_a_violation(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        (await SendAsync(HttpMethod.Post, "/users/create", content)).ShouldBe(400, 9602);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task More_than_five_parallel_page_reads_are_a_violation()
    {
        Apple.Faults.Next("/assets", [.. Enumerable.Repeat(Fault.Slow(TimeSpan.FromSeconds(1)), 6)]);

        var five = Enumerable.Range(0, 5).Select(_ => GetAsync("/assets")).ToList();
        await Clock.TimersPending(5);
        Apple.Violations.ShouldBeEmpty();
        var sixth = GetAsync("/assets");
        await Clock.TimersPending(6);
        Clock.Advance(TimeSpan.FromSeconds(1));
        await Task.WhenAll([.. five, sixth]);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_unknown_path_is_a_violation()
    {
        (await GetAsync("/licenses")).Status.ShouldBe(404);

        Apple.Violations.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Every_request_is_recorded_with_its_location()
    {
        await GetAsync("/assets?adamId=1");

        Apple
            .Requests.All.ShouldHaveSingleItem()
            .ShouldBe(new RequestRecord("GET", "/assets", "?adamId=1", Clock.GetUtcNow(), 200, Location.UId));
        Apple.Requests.ByEndpoint["GET /assets"].ShouldBe(1);
    }
}
