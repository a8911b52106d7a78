using Microsoft.Extensions.Logging.Abstractions;
using NotificationHub.Apple;
using NotificationHub.Metadata;
using NotificationHub.Tests.Apple;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Metadata;

public sealed class ContentNamesTests : AppleTest, IAsyncLifetime
{
    private const string Keynote = """{"results":{"361285480":{"name":"Keynote","kind":"App"}}}""";

    private HttpClient http = null!;
    private TestDatabase store = null!;
    private ContentNames names = null!;

    public async ValueTask InitializeAsync()
    {
        Apple.ServiceConfig = () =>
            ScriptedApple.Json("""{"urls":{"contentMetadataLookup":"https://uclient-api.itunes.apple.com/lookup"}}""");
        http = new HttpClient(Apple);
        store = await TestDatabase.OpenAsync();
        names = new ContentNames(
            store.Database,
            new ContentMetadataClient(http, Client, Clock),
            Clock,
            NullLogger<ContentNames>.Instance
        );
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        http.Dispose();
        Dispose();
    }

    [Fact]
    public async Task A_name_is_looked_up_once_a_week()
    {
        Apple.Then(Keynote).Then(Keynote);

        (await FindAsync("361285480")).ShouldBe(["Keynote"]);
        Clock.Advance(TimeSpan.FromDays(6));
        (await FindAsync("361285480")).ShouldBe(["Keynote"]);
        Apple.Requests.Count.ShouldBe(1);
        Clock.Advance(TimeSpan.FromDays(2));
        (await FindAsync("361285480")).ShouldBe(["Keynote"]);
        Apple.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_absent_name_is_looked_up_again_after_a_day()
    {
        Apple.Then("""{"results":{}}""").Then(Keynote);

        (await FindAsync("361285480")).ShouldBeEmpty();
        (await FindAsync("361285480")).ShouldBeEmpty();
        Apple.Requests.Count.ShouldBe(1);
        Clock.Advance(TimeSpan.FromDays(1.1));
        (await FindAsync("361285480")).ShouldBe(["Keynote"]);
    }

    [Fact]
    public async Task An_expired_name_is_used_while_Apple_fails()
    {
        Apple.Then(Keynote).Then("", 503);

        await FindAsync("361285480");
        Clock.Advance(TimeSpan.FromDays(8));

        (await FindAsync("361285480")).ShouldBe(["Keynote"]);
    }

    [Fact]
    public async Task A_lookup_that_takes_longer_than_five_seconds_is_abandoned()
    {
        Apple.Then(async stop =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stop);
            throw new InvalidOperationException();
        });

        var found = await Passing(FindAsync("361285480"));

        found.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CHE", "361285480")]
    [InlineData(null, "361285480")]
    [InlineData("CH", "not-a-number")]
    [InlineData("CH", "123456789012345678901")]
    public async Task Nothing_that_does_not_fit_the_table_is_looked_up_or_stored(string? country, string adamId)
    {
        (await names.FindAsync(country, [adamId], CancellationToken.None)).ShouldBeEmpty();

        Apple.Requests.ShouldBeEmpty();
        (await store.ScalarAsync<long>("select count(*) from content_metadata")).ShouldBe(0);
    }

    private async Task<IEnumerable<string?>> FindAsync(string adamId) =>
        (await names.FindAsync("CH", [adamId], CancellationToken.None)).Values.Select(found => found.Name);
}
