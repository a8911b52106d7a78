using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Metadata;

public sealed class MetadataTests : AppleTest
{
    private const string Url = "https://uclient-api.itunes.apple.com/WebObjects/MZStorePlatform.woa/wa/lookup";
    private const string Keynote = """
        {"results":{"361285480":{"name":"Keynote","kind":"iosSoftware","artwork":{"url":"https://is1.example/k/{w}x{h}{c}.{f}"},"new":1}}}
        """;

    private readonly HttpClient http;
    private readonly ContentMetadataClient metadata;

    public MetadataTests()
    {
        Apple.ServiceConfig = () => ConfigWith(Url);
        http = new HttpClient(Apple);
        metadata = new ContentMetadataClient(http, Client, Clock);
    }

    [Fact]
    public async Task Name_kind_and_icon_are_read()
    {
        Apple.Then(Keynote);

        var result = await LookUp("361285480");

        var keynote = result.Found.ShouldHaveSingleItem().Value;
        keynote.AdamId.ShouldBe("361285480");
        keynote.Name.ShouldBe("Keynote");
        keynote.Kind.ShouldBe("iosSoftware");
        keynote.IconAt(128).ShouldBe(new Uri("https://is1.example/k/128x128bb.png"));
        result.Error.ShouldBeNull();
        result.Absent.ShouldBeEmpty();
        result.Failed.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_request_names_IDs_and_country_and_carries_no_token()
    {
        Apple.Then(Keynote);

        await LookUp("361285480", "361309726", "361285480");

        var request = Apple.Requests.ShouldHaveSingleItem();
        request.Url.ShouldBe(new Uri($"{Url}?id=361285480,361309726&cc=de"));
        request.Method.ShouldBe("GET");
        request.Authorization.ShouldBeNull();
    }

    [Fact]
    public async Task The_options_can_replace_the_query()
    {
        Options.MetadataQuery = "version=2&cc={country}&id={ids}";
        Apple.Then(Keynote);

        await LookUp("361285480");

        Apple.Requests[0].Url.Query.ShouldBe("?version=2&cc=de&id=361285480");
    }

    [Fact]
    public async Task IDs_are_looked_up_in_batches()
    {
        Apple.Then("""{"results":{}}""").Then("""{"results":{}}""").Then("""{"results":{}}""");

        var result = await LookUp([.. Enumerable.Range(1, 201).Select(id => $"{id}")]);

        Apple.Requests.Select(request => request.Url.Query.Split("id=")[1].Split(',').Length).ShouldBe([100, 100, 1]);
        result.Absent.Count.ShouldBe(201);
    }

    [Fact]
    public async Task An_ID_without_metadata_is_absent()
    {
        Apple.Then(Keynote);

        var result = await LookUp("361285480", "1", "no-number&cc=us");

        result.Found.Keys.ShouldBe(["361285480"]);
        result.Absent.ShouldBe(["no-number&cc=us", "1"]);
        Apple.Requests[0].Url.Query.ShouldBe("?id=361285480,1&cc=de");
    }

    [Theory]
    [InlineData("""{"results":[{"id":361285480,"name":"Keynote"}]}""", "Keynote")]
    [InlineData("""{"results":[{"adamId":"361285480","name":"Key\u0007note\n"}]}""", "Keynote")]
    [InlineData("""{"results":{"361285480":{"kind":"ebook"}}}""", null)]
    [InlineData("""{"results":{"361285480":{"kind":"ebook","name":7.5,"artwork":[]}}}""", "7.5")]
    [InlineData("""{"results":{"361285480":{"kind":"ebook","name":{},"artwork":{"url":"javascript:1"}}}}""", null)]
    public async Task Members_of_another_form_are_tolerated(string response, string? name)
    {
        Apple.Then(response);

        var result = await LookUp("361285480");

        result.Found["361285480"].Name.ShouldBe(name);
        result.Found["361285480"].IconTemplate.ShouldBeNull();
    }

    [Theory]
    [InlineData("""{"results":{}}""")]
    [InlineData("""{"results":[]}""")]
    [InlineData("""{"results":{"361285480":null}}""")]
    [InlineData("""{"results":{"361285480":{}}}""")]
    [InlineData("""{"results":[7,{"name":"Keynote"}]}""")]
    [InlineData("""{"results":{"361309726":{"name":"Pages"}}}""")]
    public async Task A_response_without_the_entry_means_that_there_is_none(string response)
    {
        Apple.Then(response);

        var result = await LookUp("361285480");

        result.Found.ShouldBeEmpty();
        result.Absent.ShouldBe(["361285480"]);
        result.Error.ShouldBeNull();
    }

    [Theory]
    [InlineData("{}", 200, AppleErrorKind.Protocol)]
    [InlineData("""{"results":"none"}""", 200, AppleErrorKind.Protocol)]
    [InlineData("<html>", 200, AppleErrorKind.Protocol)]
    [InlineData("[]", 200, AppleErrorKind.Protocol)]
    [InlineData("", 302, AppleErrorKind.Protocol)]
    [InlineData("Invalid Stoken", 403, AppleErrorKind.InvalidArgument)]
    [InlineData("", 429, AppleErrorKind.Throttled)]
    [InlineData("", 503, AppleErrorKind.Unavailable)]
    public async Task An_error_is_returned_and_not_thrown(string response, int status, AppleErrorKind kind)
    {
        Apple.Then(response, status);

        var result = await LookUp("361285480");

        result.Error.ShouldNotBeNull().Kind.ShouldBe(kind);
        result.Failed.ShouldBe(["361285480"]);
        result.Absent.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_lost_connection_is_returned_as_an_error()
    {
        Apple.Then(_ => throw new HttpRequestException(HttpRequestError.ConnectionError));

        (await LookUp("361285480")).Error.ShouldNotBeNull().Kind.ShouldBe(AppleErrorKind.Network);
    }

    [Fact]
    public async Task A_response_that_does_not_end_is_returned_as_an_error()
    {
        Apple.Then(async token =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException();
        });

        var result = await Passing(metadata.LookUpAsync(["361285480"], "DE", CancellationToken.None));

        result.Error.ShouldNotBeNull().Kind.ShouldBe(AppleErrorKind.Network);
    }

    [Fact]
    public async Task Cancellation_is_thrown()
    {
        using var canceled = new CancellationTokenSource();
        Apple.Then(async token =>
        {
            await canceled.CancelAsync();
            token.ThrowIfCancellationRequested();
            throw new InvalidOperationException();
        });

        await Should.ThrowAsync<OperationCanceledException>(metadata.LookUpAsync(["361285480"], "DE", canceled.Token));
    }

    [Fact]
    public async Task A_failed_batch_ends_the_lookup_and_pauses_others_for_a_minute()
    {
        Apple.Then("""{"results":{"1":{"name":"One"}}}""").Then("", 503);

        var result = await LookUp([.. Enumerable.Range(1, 250).Select(id => $"{id}")]);

        result.Found.Keys.ShouldBe(["1"]);
        result.Absent.Count.ShouldBe(99);
        result.Failed.Count.ShouldBe(150);
        Apple.Requests.Count.ShouldBe(2);
        (await LookUp("1")).Error.ShouldNotBeNull().Kind.ShouldBe(AppleErrorKind.Paused);

        Clock.Advance(TimeSpan.FromMinutes(1));
        Apple.Then(Keynote);
        (await LookUp("361285480")).Error.ShouldBeNull();
    }

    [Fact]
    public async Task Retry_After_sets_the_length_of_the_pause()
    {
        Apple.Then("", 429, retryAfter: "300");
        await LookUp("1");

        Clock.Advance(TimeSpan.FromSeconds(299));

        var error = (await LookUp("1")).Error.ShouldNotBeNull();
        error.Kind.ShouldBe(AppleErrorKind.Paused);
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("USA")]
    [InlineData("U&")]
    public async Task Without_a_country_nothing_is_sent(string? country)
    {
        var result = await metadata.LookUpAsync(["361285480"], country, CancellationToken.None);

        result.Error.ShouldNotBeNull().Kind.ShouldBe(AppleErrorKind.InvalidArgument);
        Apple.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("http://uclient-api.itunes.apple.com/lookup")]
    [InlineData("https://uclient-api.itunes.apple.com.evil.example/lookup")]
    [InlineData("https://evil.example/lookup")]
    [InlineData("https://user@uclient-api.itunes.apple.com/lookup")]
    [InlineData("https://uclient-api.itunes.apple.com:8443/lookup")]
    [InlineData("http://127.0.0.1/lookup")]
    [InlineData("file:///etc/passwd")]
    [InlineData("lookup")]
    public async Task Another_address_than_Apples_is_not_used(string url)
    {
        Apple.ServiceConfig = () => ConfigWith(url);

        var result = await LookUp("361285480");

        result.Error.ShouldNotBeNull().Kind.ShouldBe(AppleErrorKind.Protocol);
        Apple.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("https://apple.example/mdm/v2", "https://apple.example/lookup")]
    [InlineData("http://127.0.0.1:5080/mdm/v2", "http://localhost:5081/lookup")]
    public async Task An_address_beside_the_base_address_is_used(string baseUrl, string url)
    {
        Options.BaseUrl = new Uri(baseUrl);
        Apple.ServiceConfig = () => ConfigWith(url);
        Apple.Then(Keynote);

        (await LookUp("361285480")).Found.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("""{"urls":{}}""", 200)]
    [InlineData("""{"urls":{"contentMetadataLookup":null}}""", 200)]
    [InlineData("", 503)]
    public async Task Without_an_address_the_error_says_so(string config, int status)
    {
        Apple.ServiceConfig = () => ScriptedApple.Json(config, status);

        var error = (await LookUp("361285480")).Error.ShouldNotBeNull();

        error.Message.ShouldContain("contentMetadataLookup");
    }

    [Theory]
    [InlineData("https://is1.example/icon.png", "https://is1.example/icon.png")]
    [InlineData("https://is1.example/{w}x{h}{c}.{f}?q={w}", "https://is1.example/64x64bb.png?q=64")]
    [InlineData("https://is1.example/{unknown}.png", null)]
    [InlineData(null, null)]
    public void An_icon_has_an_address_if_its_template_is_known(string? template, string? url) =>
        new ContentMetadata { AdamId = "1", IconTemplate = template }
            .IconAt(64)
            .ShouldBe(url is null ? null : new Uri(url));

    private static HttpResponseMessage ConfigWith(string url) =>
        ScriptedApple.Json($$"""{"urls": {"contentMetadataLookup": "{{url}}" } }""");

    private Task<ContentMetadataResult> LookUp(params string[] adamIds) =>
        metadata.LookUpAsync(adamIds, "DE", CancellationToken.None);
}
