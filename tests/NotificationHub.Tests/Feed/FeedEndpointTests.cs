using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Alba;
using NotificationHub.Events;
using NotificationHub.Feed;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Feed;

public sealed class FeedEndpointTests
{
    private const string Key = "a key";

    [Fact]
    public async Task The_feed_returns_one_event_per_line_after_the_given_position()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 3);

        var feed = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?after=1");
            request.ContentTypeShouldBe("application/x-ndjson");
        });

        (await IdsAsync(feed)).ShouldBe(["1-2", "1-3"]);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("rebound.example.com", HttpStatusCode.Unauthorized)]
    public async Task Without_a_key_only_a_loopback_host_name_is_accepted(string host, HttpStatusCode expected)
    {
        await using var hub = await ScenarioHub.StartAsync();

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events");
            request.WithRequestHeader("Host", host);
            request.StatusCodeShouldBe(expected);
        });
    }

    [Fact]
    public async Task Filters_and_limit_narrow_the_feed()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 2);
        await AppendAsync(hub, 2, EventNames.UserChanged, "south");

        (await IdsAsync(hub, "limit=3")).ShouldBe(["1-1", "1-2", "1-3"]);
        (await IdsAsync(hub, "topic=users")).ShouldBe(["1-3", "1-4"]);
        (await IdsAsync(hub, "type=notificationhub.asset.changed.v1")).ShouldBe(["1-1", "1-2"]);
        (await IdsAsync(hub, "location=south&limit=1")).ShouldBe(["1-3"]);
        (await IdsAsync(hub, "location=nowhere")).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_empty_response_has_the_position_to_continue_from()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 2);

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?topic=users");
            request.Header(FeedHeaders.Sequence).SingleValueShouldEqual("2");
            request.ContentShouldBe("");
        });
        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events");
            request.Header(FeedHeaders.Sequence).ShouldNotBeWritten();
        });
    }

    [Fact]
    public async Task A_waiting_request_returns_the_next_matching_event()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 1);
        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?topic=users&wait=1");
            request.Header(FeedHeaders.Sequence).SingleValueShouldEqual("1");
        });

        var waiting = IdsAsync(hub, "topic=users&wait=60&after=1");
        await AppendAsync(hub, 1);
        waiting.IsCompleted.ShouldBeFalse();
        await AppendAsync(hub, 1, EventNames.UserChanged);

        (await waiting).ShouldBe(["1-3"]);
    }

    [Fact]
    public async Task A_response_can_span_several_pages()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 1200);

        (await IdsAsync(hub, "limit=1100")).ShouldBe(Enumerable.Range(1, 1100).Select(seq => $"1-{seq}"));
    }

    [Fact]
    public async Task All_invalid_parameters_are_reported_together()
    {
        await using var hub = await ScenarioHub.StartAsync();

        var rejected = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?limit=x&since=1");
            request.ShouldBeProblem(HttpStatusCode.BadRequest);
        });

        (await rejected.JsonAsync()).InvalidMembers().ShouldBe(["limit", "since"], ignoreOrder: true);
    }

    [Fact]
    public async Task Pruned_events_return_410_with_the_oldest_position()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 5);
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("delete from event_log where seq < 3");
                await transaction.ExecuteAsync("update log_start set first_seq = 3 where log = 'event'");
            },
            CancellationToken.None
        );

        var gone = await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events?after=1");
            request.StatusCodeShouldBe(HttpStatusCode.Gone);
        });

        (await gone.JsonAsync()).GetProperty("oldest").GetInt64().ShouldBe(3);
        (await IdsAsync(hub, "after=2")).ShouldBe(["1-3", "1-4", "1-5"]);
        (await IdsAsync(hub, "limit=1")).ShouldBe(["1-3"]);
    }

    [Fact]
    public async Task A_single_event_can_be_read_by_id()
    {
        await using var hub = await ScenarioHub.StartAsync();
        await AppendAsync(hub, 1);

        (await hub.TextAsync("/events/1-1")).ShouldBe((await hub.TextAsync("/events")).TrimEnd('\n'));
        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events/1-2");
            request.StatusCodeShouldBe(HttpStatusCode.NotFound);
        });
    }

    [Fact]
    public async Task Outside_development_a_consumer_key_is_required()
    {
        await using var hub = await ScenarioHub.StartAsync(
            "environment=Production",
            "Auth:ApiKeys:0:Name=inventory",
            $"Auth:ApiKeys:0:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}"
        );

        foreach (
            var path in (string[])
                ["/events", "/events/1-1", "/snapshot/north/asset", "/schemas/asset.changed", "/asyncapi.json"]
        )
        {
            await hub.ScenarioAsync(request =>
            {
                request.Get.Url(path);
                request.ShouldBeProblem(HttpStatusCode.Unauthorized);
            });
        }

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events");
            request.WithRequestHeader("X-Api-Key", Key);
            request.StatusCodeShouldBe(HttpStatusCode.OK);
        });
    }

    [Fact]
    public async Task An_administrator_key_cannot_read_the_feed()
    {
        await using var hub = await ScenarioHub.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "inventory", Key, "Consume"),
            .. AdminHost.Key(1, "operator", "operator-key", "Operate"),
        ]);

        await hub.ScenarioAsync(request =>
        {
            request.Get.Url("/events");
            request.Authenticate("operator-key");
            request.ShouldBeProblem(HttpStatusCode.Forbidden);
        });
    }

    [Fact]
    public async Task Outside_development_without_keys_nothing_is_served()
    {
        await using var hub = await ScenarioHub.StartAsync("environment=Production");

        foreach (var path in (string[])["/events", "/snapshot/north/asset", "/schemas/asset.changed", "/asyncapi.json"])
        {
            await hub.ScenarioAsync(request =>
            {
                request.Get.Url(path);
                request.StatusCodeShouldBe(HttpStatusCode.NotFound);
            });
        }
    }

    private static Task AppendAsync(
        ScenarioHub hub,
        int count,
        string type = EventNames.AssetChanged,
        string location = "north"
    ) =>
        hub.Database.AppendEventsAsync([
            .. Enumerable.Repeat(
                new NewEvent
                {
                    Type = type,
                    LocationId = location,
                    Data = "{}"u8.ToArray(),
                    CreatedAt = TimeProvider.System.GetUtcNow(),
                },
                count
            ),
        ]);

    private static async Task<IEnumerable<string?>> IdsAsync(ScenarioHub hub, string query) =>
        await IdsAsync(await hub.ScenarioAsync(request => request.Get.Url($"/events?{query}")));

    private static async Task<IEnumerable<string?>> IdsAsync(IScenarioResult feed) =>
        (await feed.ReadAsTextAsync())
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("id").GetString());
}
