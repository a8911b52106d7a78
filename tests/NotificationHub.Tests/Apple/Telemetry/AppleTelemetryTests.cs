using System.Diagnostics;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Telemetry;

public sealed class AppleTelemetryTests : AppleTest
{
    private const string Duration = "http.client.request.duration";
    private const string Wait = "notificationhub.apple.rate_limit.wait.duration";
    private const string NoAssets =
        """{"uId":"1","currentPageIndex":0,"size":0,"totalPages":1,"versionId":"v","assets":[]}""";

    private readonly RecordedTelemetry seen = new();
    private readonly HttpClient http;
    private readonly AppleClient client;
    private readonly AppleSession session;

    public AppleTelemetryTests()
    {
        http = new HttpClient(Apple);
        Options.MaxReadRetries = 0;
        client = new AppleClient(http, Options, Clock, seen.Meters);
        session = new AppleSession(client, Token, Rate);
    }

    [Fact]
    public async Task A_request_is_a_span_with_the_tags_of_HTTP_clients()
    {
        Apple.Then(NoAssets);

        await ReadAssets();

        var span = seen.Spans.Single(span => span.DisplayName == "GET /assets");
        span.Kind.ShouldBe(ActivityKind.Client);
        span.Source.Name.ShouldBe(AppleTelemetry.ActivitySourceName);
        span.Status.ShouldBe(ActivityStatusCode.Unset);
        span.TagObjects.ShouldBe(
            [
                new("http.request.method", "GET"),
                new("server.address", "vpp.itunes.apple.com"),
                new("server.port", 443),
                new("url.template", "/assets"),
                new("url.full", "https://vpp.itunes.apple.com/mdm/v2/assets"),
                new("http.response.status_code", 200),
                new("network.protocol.version", "1.1"),
            ],
            ignoreOrder: true
        );
    }

    [Fact]
    public async Task A_request_is_measured_in_seconds_until_its_response_is_complete()
    {
        Apple.Then(async token =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2), Clock, token);
            return ScriptedApple.Json(NoAssets);
        });

        await Passing(ReadAssets());

        var measured = seen.Of(Duration).Single(measured => "/assets".Equals(measured["url.template"]));
        measured.Value.ShouldBe(2);
        measured.Instrument.Unit.ShouldBe("s");
        measured.Instrument.Meter.Name.ShouldBe(AppleTelemetry.MeterName);
        measured.Tags.ShouldBe(
            [
                new("http.request.method", "GET"),
                new("server.address", "vpp.itunes.apple.com"),
                new("server.port", 443),
                new("url.scheme", "https"),
                new("url.template", "/assets"),
                new("http.response.status_code", 200),
                new("network.protocol.version", "1.1"),
            ],
            ignoreOrder: true
        );
    }

    [Fact]
    public async Task Service_Config_is_a_request_as_well()
    {
        await client.GetServiceConfigAsync(CancellationToken.None);

        seen.Spans.ShouldHaveSingleItem().DisplayName.ShouldBe("GET /service/config");
        seen.Of(Duration).ShouldHaveSingleItem();
        seen.Of(Wait).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_wait_for_the_request_rate_is_measured()
    {
        Apple.Then("", 429, retryAfter: "7").Then(NoAssets);

        await Should.ThrowAsync<AppleException>(ReadAssets());
        await Passing(ReadAssets());

        seen.Of(Wait).Select(measured => measured.Value).ShouldBe([0, 7]);
        seen.Of(Wait)[1].Tags.ShouldBe([new("url.template", "/assets")]);
        seen.Of(Duration).Select(measured => measured["error.type"]).ShouldBe([null, "429", null]);
    }

    [Theory]
    [InlineData("""{"errorNumber":9646,"errorMessage":"Too many"}""", 429, "9646")]
    [InlineData("""{"errorNumber":9622,"errorMessage":"No"}""", 200, "9622")]
    [InlineData("", 503, "503")]
    [InlineData("{}", 200, "malformed")]
    [InlineData("<html>", 200, "protocol")]
    public async Task A_failed_request_has_an_error_type(string response, int status, string type)
    {
        Apple.Then(response, status);

        await Should.ThrowAsync<AppleException>(ReadAssets());

        ErrorTypeOfAssets().ShouldBe(type);
        seen.Of(Duration)[^1]["http.response.status_code"].ShouldBe(status);
    }

    [Fact]
    public async Task A_lost_connection_has_its_reason_as_error_type_and_no_status()
    {
        Apple.Then(_ => throw new HttpRequestException(HttpRequestError.NameResolutionError));

        await Should.ThrowAsync<AppleException>(ReadAssets());

        ErrorTypeOfAssets().ShouldBe("name_resolution_error");
        seen.Of(Duration)[^1]["http.response.status_code"].ShouldBeNull();
    }

    [Fact]
    public async Task A_timeout_and_a_cancellation_have_different_error_types()
    {
        using var canceled = new CancellationTokenSource();
        Apple
            .Then(_ => throw new TaskCanceledException())
            .Then(async _ =>
            {
                await canceled.CancelAsync();
                throw new TaskCanceledException();
            });

        await Should.ThrowAsync<AppleException>(ReadAssets());
        await Should.ThrowAsync<OperationCanceledException>(Passing(ReadAssets(canceled.Token)));

        seen.Of(Duration)
            .Select(measured => measured["error.type"])
            .ShouldBe([null, "timeout", "System.Threading.Tasks.TaskCanceledException"]);
    }

    [Fact]
    public async Task No_tag_contains_a_token_a_secret_or_personal_data()
    {
        const string Secret = "s3cret-of-the-notifications";
        const string Error = """
            {"errorNumber":9609,"errorMessage":"No ann@example.org on C02XYZ","errorInfo":{"serialNumbers":["C02XYZ"]}}
            """;
        Apple.Then(Error, 400).Then(Error, 400).Then(Error, 400).Then(_ => throw new HttpRequestException("C02XYZ"));

        await Should.ThrowAsync<AppleException>(
            Passing(
                session
                    .ReadUsersAsync(new UserQuery { ClientUserId = "ann@example.org" }, CancellationToken.None)
                    .ToListAsync()
                    .AsTask()
            )
        );
        await Should.ThrowAsync<AppleException>(Passing(ReadAssignments()));
        await Should.ThrowAsync<AppleException>(
            Passing(
                session.SetClientConfigAsync(
                    new ClientConfigRequest { NotificationAuthToken = Secret },
                    CancellationToken.None
                )
            )
        );
        await Should.ThrowAsync<AppleException>(Passing(ReadAssignments()));

        seen.Spans.Count.ShouldBe(5);
        var everything = seen.Everything();
        everything.ShouldContain("error.type=9609");
        foreach (var secret in new[] { Token.Reveal(), "inner", Secret, "ann", "C02XYZ", "?", "serialNumber=" })
        {
            everything.ShouldNotContain(secret);
        }
    }

    [Fact]
    public async Task A_metadata_lookup_is_a_request_as_well()
    {
        Apple.ServiceConfig = () =>
            ScriptedApple.Json(
                """{"urls":{"contentMetadataLookup":"https://uclient-api.itunes.apple.com/WebObjects/MZStorePlatform.woa/wa/lookup"}}"""
            );
        Apple.Then("{}");
        using var metadataHttp = new HttpClient(Apple);

        await new ContentMetadataClient(metadataHttp, client, Clock).LookUpAsync(
            ["361285480"],
            "US",
            CancellationToken.None
        );

        var span = seen.Spans[^1];
        span.DisplayName.ShouldBe("GET /WebObjects/MZStorePlatform.woa/wa/lookup");
        span.GetTagItem("server.address").ShouldBe("uclient-api.itunes.apple.com");
        span.GetTagItem("error.type").ShouldBe("protocol");
        span.Status.ShouldBe(ActivityStatusCode.Error);
        seen.Everything().ShouldNotContain("361285480");
    }

    [Fact]
    public async Task Without_a_meter_factory_the_meter_belongs_to_the_process()
    {
        Apple.Then(NoAssets);

        await Session.ReadAssetsAsync(new AssetQuery(), CancellationToken.None).ToListAsync();

        seen.Spans.ShouldContain(span => span.DisplayName == "GET /assets");
        seen.Of(Duration).ShouldBeEmpty();
    }

    private Task<List<Page<Assignment>>> ReadAssignments() =>
        session
            .ReadAssignmentsAsync(new AssignmentQuery { SerialNumber = "C02XYZ" }, CancellationToken.None)
            .ToListAsync()
            .AsTask();

    private Task<List<Page<Asset>>> ReadAssets(CancellationToken cancellationToken = default) =>
        session.ReadAssetsAsync(new AssetQuery(), cancellationToken).ToListAsync(CancellationToken.None).AsTask();

    private object? ErrorTypeOfAssets()
    {
        var span = seen.Spans.Single(span => span.DisplayName == "GET /assets");
        span.Status.ShouldBe(ActivityStatusCode.Error);
        span.StatusDescription.ShouldBeNull();
        var type = span.GetTagItem("error.type");
        seen.Of(Duration)[^1]["error.type"].ShouldBe(type);
        return type;
    }
}
