using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple;

public sealed class RetryTests : AppleTest
{
    [Fact]
    public async Task A_read_is_retried_after_a_network_error_and_a_5xx()
    {
        Apple.Then(_ => throw new HttpRequestException("refused")).Then("{}", 500).Then("""{"uId":"7","assets":[]}""");

        (await ReadAssets()).ShouldHaveSingleItem().UId.ShouldBe("7");

        Apple.Requests.Count.ShouldBe(3);
        (Apple.Requests[1].At - Apple.Requests[0].At).ShouldBeGreaterThan(TimeSpan.Zero);
    }

    [Fact]
    public async Task A_persistent_network_error_is_thrown()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Apple.Then(_ => throw new HttpRequestException(HttpRequestError.NameResolutionError, "no such host"));
        }

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(AppleErrorKind.Network);
        error.Message.ShouldBe("GET /assets: no response from Apple (NameResolutionError).");
        error.HttpStatusCode.ShouldBeNull();
        Apple.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_short_Retry_After_is_waited_for()
    {
        Apple.Then("{}", 503, retryAfter: "7").Then("""{"assets":[]}""");

        await ReadAssets();

        (Apple.Requests[1].At - Apple.Requests[0].At).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(7));
    }

    [Theory]
    [InlineData("120")]
    [InlineData("Sat, 01 Aug 2026 12:02:00 GMT")]
    public async Task A_long_Retry_After_is_thrown_and_pauses_the_location(string retryAfter)
    {
        Apple.Then("""{"errorNumber":9729,"errorMessage":"m"}""", 503, retryAfter).Then("""{"assets":[]}""");

        var error = await ErrorOfAssets();
        error.Kind.ShouldBe(AppleErrorKind.Unavailable);
        error.RetryAfter.ShouldBe(TimeSpan.FromSeconds(120));

        var early = await ErrorOfAssets();
        early.Kind.ShouldBe(AppleErrorKind.Paused);
        early.RetryAfter!.Value.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(120));
        Apple.Requests.Count.ShouldBe(1);

        Clock.Advance(TimeSpan.FromSeconds(120));
        await ReadAssets();
        Apple.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_Retry_After_date_is_relative_to_the_responses_own_date()
    {
        var response = ScriptedApple.Json("""{"errorNumber":9729,"errorMessage":"m"}""", 503);
        response.Headers.TryAddWithoutValidation("Date", "Wed, 05 Aug 2026 08:00:00 GMT");
        response.Headers.TryAddWithoutValidation("Retry-After", "Wed, 05 Aug 2026 08:02:00 GMT");
        Apple.Then(_ => Task.FromResult(response));

        (await ErrorOfAssets()).RetryAfter.ShouldBe(TimeSpan.FromSeconds(120));
    }

    [Theory]
    [InlineData("Sat, 01 Aug 2026 11:00:00 GMT", 0)]
    [InlineData("999999999", 86400)]
    [InlineData("presently", null)]
    public async Task An_invalid_or_extreme_Retry_After_is_harmless(string retryAfter, int? seconds)
    {
        Apple.Then("{}", 429, retryAfter);

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(AppleErrorKind.Throttled);
        error.RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Fact]
    public async Task A_429_is_not_retried_but_halves_the_rate()
    {
        Apple.Then("""{"errorNumber":9646,"errorMessage":"Too many requests"}""", 429);

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(AppleErrorKind.Throttled);
        error.RetryAfter.ShouldBeNull();
        Rate.CurrentPerSecond.ShouldBe(2.5);
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_configuration_change_is_never_retried()
    {
        Apple.Then(_ => throw new HttpRequestException("reset"));

        var error = await ErrorOf(Session.SetClientConfigAsync(new ClientConfigRequest(), CancellationToken.None));

        error.Kind.ShouldBe(AppleErrorKind.Network);
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_timeout_is_a_network_error()
    {
        Options.RequestTimeout = TimeSpan.FromSeconds(60);
        Apple.Then(Silence);

        var call = Session.SetClientConfigAsync(new ClientConfigRequest(), CancellationToken.None);
        Clock.Advance(TimeSpan.FromSeconds(61));

        (await Should.ThrowAsync<AppleException>(call)).Kind.ShouldBe(AppleErrorKind.Network);
    }

    [Fact]
    public async Task A_cancellation_is_not_an_Apple_error()
    {
        using var cancellation = new CancellationTokenSource();
        Apple.Then(Silence);

        var call = Session.GetClientConfigAsync(cancellation.Token);
        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(call);
        Apple.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_connection_that_breaks_during_the_response_is_a_network_error()
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Apple.Then(_ =>
                Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new BrokenStream()) })
            );
        }

        (await ErrorOfAssets()).Kind.ShouldBe(AppleErrorKind.Network);
        Apple.Requests.Count.ShouldBe(3);
    }

    private static async Task<HttpResponseMessage> Silence(CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.Infinite, cancellationToken);
        return new HttpResponseMessage();
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("connection reset");
    }
}
