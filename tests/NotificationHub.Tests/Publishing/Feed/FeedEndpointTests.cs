using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Publishing.Feed;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Publishing.Feed;

public sealed class FeedEndpointTests
{
    private const string Key = "a key";

    [Fact]
    public async Task The_feed_gives_one_event_a_line_after_the_one_named()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 3);

        using var answer = await hub.Http.GetAsync("/events?after=1");

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/x-ndjson");
        (await LinesAsync(answer)).Select(line => line.GetProperty("id").GetString()).ShouldBe(["1-2", "1-3"]);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("[::1]", HttpStatusCode.OK)]
    [InlineData("rebound.example.com", HttpStatusCode.Unauthorized)]
    public async Task Without_a_key_the_feed_is_not_read_under_a_name_that_another_site_could_have_lead_here(
        string host,
        HttpStatusCode expected
    )
    {
        await using var hub = await HubHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/events");
        request.Headers.Host = host;

        using var answer = await hub.Http.SendAsync(request);

        answer.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task Filters_and_limit_narrow_the_feed()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 2);
        await AppendAsync(hub, 2, EventNames.UserChanged, "south");

        (await IdsAsync(hub, "limit=3")).ShouldBe(["1-1", "1-2", "1-3"]);
        (await IdsAsync(hub, "topic=users")).ShouldBe(["1-3", "1-4"]);
        (await IdsAsync(hub, "type=notificationhub.asset.changed.v1")).ShouldBe(["1-1", "1-2"]);
        (await IdsAsync(hub, "location=south&limit=1")).ShouldBe(["1-3"]);
        (await IdsAsync(hub, "location=nowhere")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_poll_that_finds_nothing_says_where_to_read_on()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 2);

        using var nothing = await hub.Http.GetAsync("/events?topic=users");
        using var something = await hub.Http.GetAsync("/events");

        nothing.Headers.GetValues(FeedHeaders.Sequence).ShouldBe(["2"]);
        (await nothing.Content.ReadAsStringAsync()).ShouldBeEmpty();
        something.Headers.Contains(FeedHeaders.Sequence).ShouldBeFalse();
    }

    [Fact]
    public async Task A_poll_that_waits_is_answered_with_the_event_that_comes()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 1);
        using var nothing = await hub.Http.GetAsync("/events?topic=users&wait=1");
        var after = nothing.Headers.GetValues(FeedHeaders.Sequence).ShouldHaveSingleItem();
        after.ShouldBe("1");

        var waiting = IdsAsync(hub, $"topic=users&wait=60&after={after}");
        await AppendAsync(hub, 1);
        waiting.IsCompleted.ShouldBeFalse();
        await AppendAsync(hub, 1, EventNames.UserChanged);

        (await waiting).ShouldBe(["1-3"]);
    }

    [Fact]
    public async Task More_events_than_a_page_come_in_one_answer()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 1200);

        (await IdsAsync(hub, "limit=1100")).ShouldBe(Enumerable.Range(1, 1100).Select(seq => $"1-{seq}"));
    }

    [Fact]
    public async Task Parameters_that_mean_nothing_are_refused_all_at_once()
    {
        await using var hub = await HubHost.StartAsync();

        using var answer = await hub.Http.GetAsync("/events?limit=x&since=1");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await answer.Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("errors")
            .EnumerateObject()
            .Select(fault => fault.Name)
            .ShouldBe(["limit", "since"], ignoreOrder: true);
    }

    [Fact]
    public async Task What_is_no_longer_kept_is_gone_and_the_oldest_is_named()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 5);
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("delete from event_log where seq < 3");
                await transaction.ExecuteAsync("update log_start set first_seq = 3 where log = 'event'");
            },
            CancellationToken.None
        );

        using var gone = await hub.Http.GetAsync("/events?after=1");

        gone.StatusCode.ShouldBe(HttpStatusCode.Gone);
        (await gone.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("oldest").GetInt64().ShouldBe(3);
        (await IdsAsync(hub, "after=2")).ShouldBe(["1-3", "1-4", "1-5"]);
        (await IdsAsync(hub, "limit=1")).ShouldBe(["1-3"]);
    }

    [Fact]
    public async Task One_event_has_an_address_of_its_own()
    {
        await using var hub = await HubHost.StartAsync();
        await AppendAsync(hub, 1);

        (await hub.Http.GetStringAsync("/events/1-1")).ShouldBe(
            (await hub.Http.GetStringAsync("/events")).TrimEnd('\n')
        );
        (await hub.Http.GetAsync("/events/1-2")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Outside_development_a_consumer_key_is_asked_for()
    {
        await using var hub = await HubHost.StartAsync(
            "environment=Production",
            "Consumers:ApiKeys:0:Name=inventory",
            $"Consumers:ApiKeys:0:Sha256={Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(Key)))}"
        );

        foreach (var path in (string[])["/events", "/events/1-1", "/snapshot/north/asset"])
        {
            using var refused = await hub.Http.GetAsync(path);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        }

        hub.Http.DefaultRequestHeaders.Add("X-Api-Key", Key);
        (await hub.Http.GetAsync("/events")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Outside_development_without_keys_nothing_is_served()
    {
        await using var hub = await HubHost.StartAsync("environment=Production");

        (await hub.Http.GetAsync("/events")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await hub.Http.GetAsync("/snapshot/north/asset")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static Task AppendAsync(
        HubHost hub,
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
                    CreatedAt = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(),
                },
                count
            ),
        ]);

    private static async Task<IEnumerable<string?>> IdsAsync(HubHost hub, string query)
    {
        using var answer = await hub.Http.GetAsync($"/events?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return (await LinesAsync(answer)).Select(line => line.GetProperty("id").GetString());
    }

    private static async Task<IReadOnlyList<JsonElement>> LinesAsync(HttpResponseMessage answer) =>
        [
            .. (await answer.Content.ReadAsStringAsync())
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
        ];
}
