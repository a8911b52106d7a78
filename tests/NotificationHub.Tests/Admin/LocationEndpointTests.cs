using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Admin;

public sealed class LocationEndpointTests
{
    [Fact]
    public async Task A_location_is_added_shown_and_verified()
    {
        await using var scene = await RegistrationScene.StartAsync();

        using var added = await AddAsync(
            scene,
            new { url = scene.HubUrl, contentToken = scene.Library.ContentTokenFile }
        );

        added.StatusCode.ShouldBe(HttpStatusCode.Created);
        var location = (await ReadAsync(added)).GetProperty("location");
        location.GetProperty("uId").GetString().ShouldBe(scene.Library.UId);
        var id = location.GetProperty("id").GetString();
        added.Headers.Location!.ToString().ShouldBe($"/admin/locations/{id}");
        var shown = await GetAsync(scene.Hub, $"/admin/locations/{id}");
        shown.GetProperty("secrets").GetArrayLength().ShouldBe(1);
        using var verified = await scene.Hub.Http.PostAsync($"/admin/locations/{id}/verify", content: null);
        (await ReadAsync(verified)).GetProperty("differences").GetArrayLength().ShouldBe(0);
        var entry = (await GetAsync(scene.Hub, "/admin/audit")).GetProperty("items").EnumerateArray().Single();
        entry.GetProperty("action").GetString().ShouldBe("locations add");
        entry.GetProperty("location").GetString().ShouldBe(id);
        entry.GetProperty("outcome").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task Every_change_of_a_location_is_audited()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var path = $"/admin/locations/{(await scene.RegisterAsync()).LocationId}";
        var before = scene.Library.Configuration.NotificationAuthToken;
        await scene.ImportHasBegunAsync();

        using var rotated = await scene.Hub.Http.PostAsync($"{path}/rotate-secret", content: null);
        using var tested = await scene.Hub.Http.PostAsync($"{path}/test?wait=20", content: null);
        using var renewed = await scene.Hub.Http.PostAsJsonAsync(
            $"{path}/renew-token",
            new { contentToken = scene.Library.ContentTokenFile }
        );
        using var removed = await scene.Hub.Http.DeleteAsync(path);
        using var again = await scene.Hub.Http.PostAsync($"{path}/rotate-secret", content: null);

        rotated.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReadAsync(rotated))
            .GetProperty("location")
            .GetProperty("progress")
            .ValueKind.ShouldBe(JsonValueKind.Object);
        scene.Library.Configuration.NotificationAuthToken.ShouldNotBe(before);
        (await ReadAsync(tested)).GetProperty("outcome").GetString().ShouldBe("arrived");
        (await ReadAsync(renewed)).GetProperty("differences").GetArrayLength().ShouldBe(0);
        (await ReadAsync(removed)).GetProperty("location").GetProperty("state").GetString().ShouldBe("removed");
        again.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await GetAsync(scene.Hub, "/admin/audit"))
            .GetProperty("items")
            .EnumerateArray()
            .Select(entry => $"{entry.GetProperty("action").GetString()}: {entry.GetProperty("outcome").GetString()}")
            .ShouldBe([
                "locations rotate-secret: succeeded",
                "locations test: succeeded",
                "locations renew-token: succeeded",
                "locations remove: succeeded",
                "locations rotate-secret: refused",
            ]);
    }

    [Fact]
    public async Task A_verification_is_audited_only_if_it_changes_the_state()
    {
        await using var scene = await RegistrationScene.StartWithoutImportAsync();
        var id = (await scene.RegisterAsync()).LocationId;
        scene.Library.ContentToken.State = ContentTokenState.Revoked;

        foreach (var _ in Enumerable.Range(0, 2))
        {
            using var response = await scene.Hub.Http.PostAsync($"/admin/locations/{id}/verify", content: null);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var entry = (await GetAsync(scene.Hub, "/admin/audit")).GetProperty("items").EnumerateArray().Single();
        entry.GetProperty("action").GetString().ShouldBe("locations verify");
        entry.GetProperty("location").GetString().ShouldBe(id);
        entry.GetProperty("subject").GetString().ShouldBe("state valid to revoked");
        entry.GetProperty("actor").GetString().ShouldBe("loopback");
    }

    [Fact]
    public async Task A_content_token_of_another_library_is_refused()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();

        using var renewed = await scene.Hub.Http.PostAsJsonAsync(
            $"/admin/locations/{location.LocationId}/renew-token",
            new { contentToken = scene.Apple.AddLocation().ContentTokenFile }
        );

        renewed.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await ReadAsync(renewed)).GetProperty("code").GetString().ShouldBe("other-library");
    }

    [Fact]
    public async Task An_error_of_Apple_is_reported_and_audited()
    {
        await using var scene = await RegistrationScene.StartAsync();

        using var refused = await AddAsync(
            scene,
            new { url = new Uri(scene.Apple.BaseUrl, "/unknown"), contentToken = scene.Library.ContentTokenFile }
        );

        refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await ReadAsync(refused)).GetProperty("code").GetString().ShouldBe("refused");
        var entry = (await GetAsync(scene.Hub, "/admin/audit")).GetProperty("items").EnumerateArray().Single();
        entry.GetProperty("outcome").GetString().ShouldBe("refused");
        entry.GetProperty("detail").GetString().ShouldBe("refused");
    }

    [Fact]
    public async Task Adding_a_location_reports_all_invalid_members_and_quotes_no_token()
    {
        await using var hub = await ScenarioHub.StartAsync();

        var added = await hub.ScenarioAsync(request =>
        {
            request
                .Post.Json(
                    new
                    {
                        url = "http://hub.example.com",
                        contentToken = "s3cr3t",
                        mdmId = "",
                        mdmName = new string('x', 200),
                        mdmMetadata = new string('x', 300),
                    }
                )
                .ToUrl("/admin/locations");
            request.StatusCodeShouldBe(HttpStatusCode.BadRequest);
        });
        var renewed = await hub.ScenarioAsync(request =>
        {
            request.Post.Json(new { contentToken = "s3cr3t" }).ToUrl("/admin/locations/no-id/renew-token");
            request.StatusCodeShouldBe(HttpStatusCode.BadRequest);
        });

        var problem = await added.JsonAsync();
        problem.ToString().ShouldNotContain("s3cr3t");
        problem.InvalidMembers().ShouldBe(["url", "contentToken", "mdmId", "mdmName", "mdmMetadata"]);
        (await renewed.JsonAsync()).InvalidMembers().ShouldBe(["locationId", "contentToken"]);
    }

    [Fact]
    public async Task Adding_a_receive_only_location_returns_its_secret_once()
    {
        await using var hub = await ScenarioHub.StartAsync();

        var added = await hub.ScenarioAsync(request =>
        {
            request.Post.Json(new { url = hub.Http.BaseAddress, receiveOnly = true }).ToUrl("/admin/locations");
            request.StatusCodeShouldBe(HttpStatusCode.Created);
            request.Header("Cache-Control").SingleValueShouldEqual("no-store");
        });

        var response = await added.JsonAsync();
        var secret = response.GetProperty("notificationAuthToken").GetString()!;
        var id = response.GetProperty("location").GetProperty("id").GetString();
        (await hub.TextAsync($"/admin/locations/{id}")).ShouldNotContain(secret);
        (await hub.TextAsync("/admin/audit")).ShouldNotContain(secret);
    }

    [Fact]
    public async Task Locations_are_listed_in_pages()
    {
        await using var hub = await ScenarioHub.StartAsync();
        string[] ids = [(await hub.AddLocationAsync()).Id, (await hub.AddLocationAsync()).Id];

        var first = await GetAsync(hub, "/admin/locations?limit=1");
        var second = await GetAsync(hub, $"/admin/locations?after={first.GetProperty("next").GetString()}");

        new[] { first, second }
            .SelectMany(page => page.GetProperty("items").EnumerateArray())
            .Select(location => location.GetProperty("id").GetString())
            .ShouldBe(ids, ignoreOrder: true);
        second.GetProperty("next").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("GET", "/admin/locations/unknown", HttpStatusCode.NotFound)]
    [InlineData("GET", "/admin/locations?after=unknown", HttpStatusCode.NotFound)]
    [InlineData("POST", "/admin/locations/unknown/verify", HttpStatusCode.NotFound)]
    [InlineData("GET", "/admin/locations/no-id", HttpStatusCode.BadRequest)]
    [InlineData("GET", "/admin/locations?limit=0", HttpStatusCode.BadRequest)]
    public async Task Failures_are_reported_as_problem_details(string method, string path, HttpStatusCode status)
    {
        await using var hub = await ScenarioHub.StartAsync();

        await hub.ScenarioAsync(request =>
        {
            request.Send(new HttpMethod(method), path);
            request.ShouldBeProblem(status);
        });
    }

    private static Task<HttpResponseMessage> AddAsync(RegistrationScene scene, object body) =>
        scene.Hub.Http.PostAsJsonAsync("/admin/locations", body);

    private static Task<JsonElement> GetAsync(TestHub hub, string path) => hub.Http.GetFromJsonAsync<JsonElement>(path);

    private static Task<JsonElement> ReadAsync(HttpResponseMessage response) =>
        response.Content.ReadFromJsonAsync<JsonElement>();
}
