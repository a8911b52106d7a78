using System.Net;
using System.Text.Json;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Admin;

/// <summary>A hub whose Service Bus does not exist, so that a replay does not finish. The log begins at 2.</summary>
public sealed class HubWithoutBus : IAsyncLifetime
{
    internal ScenarioHub Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Hub = await ScenarioHub.StartAsync(
            "ServiceBus:ConnectionString=Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=k;SharedAccessKey=a2V5;UseDevelopmentEmulator=true"
        );
        var changed = new NewEvent
        {
            Type = "asset.changed",
            LocationId = "north",
            Data = "{}"u8.ToArray(),
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await Hub.Database.AppendEventsAsync(changed, changed);
        await Hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("delete from event_log where seq = 1");
                await transaction.ExecuteAsync("update log_start set first_seq = 2 where log = 'event'");
                await transaction.ExecuteAsync(
                    """
                    insert into log_cursor (name, position, last_progress_at) values ('publishing:assets', 2, 0)
                    on conflict (name) do update set position = 2
                    """
                );
            },
            CancellationToken.None
        );
    }

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();
}

public sealed class ReplayEndpointTests(HubWithoutBus shared) : IClassFixture<HubWithoutBus>
{
    private ScenarioHub Hub => shared.Hub;

    [Fact]
    public async Task A_replay_is_started_listed_and_canceled_once()
    {
        var started = await SendAsync(HttpStatusCode.Accepted, """{"topic":"assets","after":1,"rate":5}""");
        var url = $"/admin/replays/{started.GetProperty("id").GetString()}";

        var listed = await JsonAsync("/admin/replays?topic=assets");
        var canceled = await SendAsync(HttpStatusCode.OK, body: null, $"{url}/cancel");
        await SendAsync(HttpStatusCode.Conflict, body: null, $"{url}/cancel");

        listed.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        canceled.GetProperty("state").GetString().ShouldBe("canceled");
        (await JsonAsync(url)).GetProperty("requestedBy").GetString().ShouldBe("loopback");
    }

    [Fact]
    public async Task Events_that_are_no_longer_stored_give_410_with_the_oldest_seq()
    {
        var problem = await SendAsync(HttpStatusCode.Gone, """{"topic":"assets","after":0}""");

        problem.GetProperty("oldest").GetInt64().ShouldBe(2);
    }

    [Fact]
    public async Task A_dry_run_starts_nothing()
    {
        var counted = await SendAsync(HttpStatusCode.OK, """{"topic":"hub","after":1,"dryRun":true}""");

        counted.GetProperty("id").ValueKind.ShouldBe(JsonValueKind.Null);
        (await JsonAsync("/admin/replays?topic=hub")).GetProperty("items").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task All_errors_of_a_request_are_reported_at_once()
    {
        var problem = await SendAsync(
            HttpStatusCode.BadRequest,
            """{"topic":"assets","subscription":"weather","type":"user.changed","rate":0}"""
        );

        problem.InvalidMembers().ShouldBe(["subscription", "after", "type", "rate"]);
        problem.ToString().ShouldContain("it declares inventory, deployment");
    }

    [Fact]
    public async Task An_unknown_replay_is_not_found()
    {
        await SendAsync(HttpStatusCode.NotFound, body: null, "/admin/replays/abc/cancel");
        await Hub.ScenarioAsync(request =>
        {
            request.Get.Url("/admin/replays/abc");
            request.ShouldBeProblem(HttpStatusCode.NotFound);
        });
    }

    private async Task<JsonElement> JsonAsync(string url) => JsonDocument.Parse(await Hub.TextAsync(url)).RootElement;

    private async Task<JsonElement> SendAsync(HttpStatusCode status, string? body, string url = "/admin/replays")
    {
        using var content = body is null ? null : new StringContent(body, null, "application/json");
        using var response = await Hub.Http.PostAsync(url, content);
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        return JsonDocument.Parse(text).RootElement;
    }
}
