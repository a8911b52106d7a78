using System.Net;
using System.Text.Json;
using NotificationHub.Auth;
using NotificationHub.Events;
using NotificationHub.Storage;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Feed;

/// <summary>A hub with events of two topics and two locations, and a key for one of each and the topic <c>hub</c>.</summary>
public sealed class ScopedHub : IAsyncLifetime
{
    public const string Scoped = "scoped";
    public const string Unscoped = "unscoped";

    internal ScenarioHub Hub { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Hub = await ScenarioHub.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "team", Scoped, "Consume"),
            "Auth:ApiKeys:0:Topics:0=assets",
            "Auth:ApiKeys:0:Topics:1=hub",
            "Auth:ApiKeys:0:Locations:0=north",
            .. AdminHost.Key(1, "all", Unscoped, "Consume"),
        ]);
        await Hub.Database.AppendEventsAsync(
            Event(EventNames.AssetChanged, "north"),
            Event(EventNames.AssetChanged, "south"),
            Event(EventNames.UserChanged, "north"),
            Event(EventNames.HubRestored, null),
            Event(EventNames.AssetChanged, "north")
        );
        await Hub.Database.WriteAsync(
            async transaction =>
            {
                foreach (var location in new[] { "north", "south" })
                {
                    await transaction.ExecuteAsync(
                        """
                        insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                        values (@location, 'valid', 0, 1, 0, 0)
                        """,
                        new { location }
                    );
                }

                await transaction.ExecuteAsync(
                    """
                    insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                    select seq, topic, 'open', 'odd', 0 from event_log where seq <= 3
                    """
                );
            },
            CancellationToken.None
        );
    }

    public async ValueTask DisposeAsync() => await Hub.DisposeAsync();

    private static NewEvent Event(string type, string? location) =>
        new()
        {
            Type = type,
            LocationId = location,
            Data = "{}"u8.ToArray(),
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
}

public sealed class ConsumerScopeTests(ScopedHub shared) : IClassFixture<ScopedHub>
{
    [Fact]
    public async Task The_feed_of_a_scoped_key_has_only_the_events_of_its_scope()
    {
        (await IdsAsync("/events", ScopedHub.Scoped)).ShouldBe(["1-1", "1-4", "1-5"]);
        (await IdsAsync("/events?topic=assets&location=north", ScopedHub.Scoped)).ShouldBe(["1-1", "1-5"]);
        (await IdsAsync("/events?type=asset.changed&after=1", ScopedHub.Scoped)).ShouldBe(["1-5"]);
        (await IdsAsync("/events", ScopedHub.Unscoped)).ShouldBe(["1-1", "1-2", "1-3", "1-4", "1-5"]);
    }

    [Theory]
    [InlineData("/events?topic=users", "topics: assets, hub")]
    [InlineData("/events?type=user.changed", "topics: assets, hub")]
    [InlineData("/events?location=south", "locations: north")]
    [InlineData("/events/1-2", "locations: north")]
    [InlineData("/events/1-3", "topics: assets, hub")]
    [InlineData("/snapshot/south/asset", "locations: north")]
    [InlineData("/snapshot/north/user", "topics: assets, hub")]
    public async Task A_request_outside_the_scope_gives_403_and_names_the_scope(string url, string scope)
    {
        var (status, text) = await GetAsync(url, ScopedHub.Scoped);

        status.ShouldBe(HttpStatusCode.Forbidden, text);
        text.ShouldContain(scope);
        (await GetAsync(url, ScopedHub.Unscoped)).Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_status_shows_what_is_in_the_scope()
    {
        var scoped = await StatusAsync(ScopedHub.Scoped);
        var all = await StatusAsync(ScopedHub.Unscoped);

        Names(scoped, "topics", "topic").ShouldBe(["assets", "hub"]);
        Names(scoped, "locations", "location").ShouldBe(["north"]);
        scoped.GetProperty("topics")[0].GetProperty("deadLetters").GetInt64().ShouldBe(1);
        scoped.GetProperty("sequence").GetInt64().ShouldBe(5);
        Names(all, "topics", "topic").ShouldBe(["assets", "hub", "subscriptions", "users"]);
        Names(all, "locations", "location").ShouldBe(["north", "south"]);
        all.GetProperty("topics")[0].GetProperty("deadLetters").GetInt64().ShouldBe(2);
        (await GetAsync("/status", key: null)).Status.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Consume", "weather", null)]
    [InlineData("Read", "assets", null)]
    [InlineData("Operate", null, "north")]
    public void An_invalid_scope_is_rejected(string role, string? topic, string? location)
    {
        var key = new ApiKey
        {
            Name = "team",
            Sha256 = new string('a', 64),
            Role = role,
            Topics = topic is null ? [] : [topic],
            Locations = location is null ? [] : [location],
        };

        new AuthOptionsValidator()
            .Validate(new AuthOptions { ApiKeys = [key] })
            .Errors.ShouldHaveSingleItem()
            .PropertyName.ShouldBe("ApiKeys[0].Topics");
    }

    private static IEnumerable<string?> Names(JsonElement document, string list, string member) =>
        document.GetProperty(list).EnumerateArray().Select(one => one.GetProperty(member).GetString());

    private async Task<JsonElement> StatusAsync(string key) =>
        JsonDocument.Parse((await GetAsync("/status", key)).Text).RootElement;

    private async Task<IEnumerable<string?>> IdsAsync(string url, string key) =>
        (await GetAsync(url, key))
            .Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("id").GetString());

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(string url, string? key)
    {
        var result = await shared.Hub.ScenarioAsync(request =>
        {
            request.Get.Url(url);
            request.Authenticate(key);
            request.IgnoreStatusCode();
        });
        return ((HttpStatusCode)result.Context.Response.StatusCode, await result.ReadAsTextAsync());
    }
}
