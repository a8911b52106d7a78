using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Alba;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

public sealed class CompressedBodyTests : IAsyncLifetime
{
    private const int MaxBodyBytes = 65536;

    private ScenarioHub hub = null!;
    private TestLocation location = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await ScenarioHub.StartAsync(
            $"Intake:MaxBodyBytes={MaxBodyBytes}",
            "Intake:DeliveriesPerSecondPerLocation=10"
        );
        location = await hub.AddLocationAsync();
    }

    public async ValueTask DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("gzip")]
    [InlineData("GZIP")]
    [InlineData("x-gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    [InlineData("identity")]
    public async Task A_compressed_delivery_is_stored_decoded(string coding)
    {
        var body = Encoding.UTF8.GetBytes(TestLocation.Notification("n-1"));

        using var response = await PostAsync(coding, Encode(coding, body));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var entry = (await LogAsync()).ShouldHaveSingleItem();
        entry.Body.ShouldBe(body);
        entry.NotificationId.ShouldBe("n-1");
        Used.ShouldBe(0);
    }

    [Fact]
    public async Task Repeats_are_recognized_by_the_decoded_body()
    {
        var body = Encoding.UTF8.GetBytes(TestLocation.Notification("n-1"));

        await location.PostAsync(body);
        (await PostAsync("gzip", Encode("gzip", body))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await PostAsync("br", Encode("br", body))).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await LogAsync()).ShouldHaveSingleItem().Conflict.ShouldBeFalse();
    }

    [Theory]
    [InlineData("zstd")]
    [InlineData("gzip, br")]
    [InlineData("gzip-2")]
    public async Task An_unknown_coding_is_answered_415_and_named(string coding)
    {
        await hub.ScenarioAsync(delivery =>
        {
            delivery.Deliver(location, "x");
            delivery.WithRequestHeader("Content-Encoding", coding);
            delivery.StatusCodeShouldBe(HttpStatusCode.UnsupportedMediaType);
            delivery.Header("Accept-Encoding").SingleValueShouldEqual("gzip, deflate, br");
            delivery.ContentShouldContain(coding);
        });
        (await LogAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unknown_coding_with_a_wrong_secret_is_answered_401()
    {
        using var content = Content("zstd", []);

        using var response = await location.PostAsync(content, "wrong");

        response.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task The_limit_applies_to_the_decoded_body(string coding)
    {
        var longest = Padded(MaxBodyBytes);

        (await PostAsync(coding, Encode(coding, longest))).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var response = await PostAsync(coding, Encode(coding, Padded(MaxBodyBytes + 1)));

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await LogAsync()).ShouldHaveSingleItem().Body.ShouldBe(longest);
        Used.ShouldBe(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_does_not_match_its_coding_is_answered_400_and_not_stored(string coding)
    {
        var encoded = Encode(coding, Encoding.UTF8.GetBytes(TestLocation.Notification("n-1")));
        encoded.AsSpan(0, 4).Fill(0xFF);

        using var response = await PostAsync(coding, encoded);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await LogAsync()).ShouldBeEmpty();
        Used.ShouldBe(0);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_truncated_body_is_not_accepted(string coding)
    {
        var encoded = Encode(coding, Encoding.UTF8.GetBytes(TestLocation.Notification("n-1")));

        using var response = await PostAsync(coding, encoded[..(encoded.Length / 2)]);

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await LogAsync()).ShouldAllBe(entry => entry.Disposition == Disposition.Rejected);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_would_fit_into_free_memory_is_answered_503_and_not_413(string coding)
    {
        await using var small = await HubHost.StartAsync(
            $"Intake:MaxBodyBytes={MaxBodyBytes}",
            $"Intake:MaxBytesInFlight={MaxBodyBytes}"
        );
        var busy = await small.AddLocationAsync();
        var budget = small.Services.GetRequiredService<MemoryBudget>();
        budget.TryTake(MaxBodyBytes - 2048).ShouldBeTrue();
        var encoded = Encode(coding, Encoding.UTF8.GetBytes(TestLocation.Notification("n-1")));

        (await busy.PostAsync(Content(coding, encoded), busy.Secret)).StatusCode.ShouldBe(
            HttpStatusCode.ServiceUnavailable
        );
        budget.Return(MaxBodyBytes - 2048);
        (await busy.PostAsync(Content(coding, encoded), busy.Secret)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("gzip", ContentCoding.Gzip)]
    [InlineData("deflate", ContentCoding.Deflate)]
    [InlineData("br", ContentCoding.Brotli)]
    public void A_compression_bomb_uses_no_more_memory_than_the_largest_body(string coding, object parsed)
    {
        var bomb = Encode(coding, new byte[1000 * MaxBodyBytes]);
        bomb.Length.ShouldBeLessThan(2 * MaxBodyBytes);
        var budget = new MemoryBudget(MaxBodyBytes);

        // A larger body would be rejected because of the budget.
        using (var body = new PooledBody(budget, MaxBodyBytes))
        {
            body.Decode((ContentCoding)parsed, bomb).ShouldBe(BodyResult.TooLarge);
            body.Bytes.Length.ShouldBe(MaxBodyBytes);
        }

        budget.Used.ShouldBe(0);
    }

    [Fact]
    public async Task Compression_bombs_exhaust_the_rate_limit_of_their_location_only()
    {
        var other = await hub.AddLocationAsync();
        var bomb = Encode("gzip", new byte[100 * MaxBodyBytes]);

        var statuses = new List<HttpStatusCode>();
        do
        {
            using var response = await PostAsync("gzip", bomb);
            statuses.Add(response.StatusCode);
        } while (statuses[^1] == HttpStatusCode.RequestEntityTooLarge && statuses.Count < 1000);

        // The burst is ten seconds of ten deliveries a second, and each bomb costs five deliveries; more fit on a slow machine.
        statuses[^1].ShouldBe(HttpStatusCode.TooManyRequests);
        (await other.PostAsync(TestLocation.Notification("n-1"))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public void Unneeded_charges_of_the_rate_limit_are_returned()
    {
        var rate = new LocationRateLimiter(1, new FakeTimeProvider());

        rate.TryTake(1000, out _).ShouldBeTrue();
        rate.TryTake(out var retryAfter).ShouldBeFalse();
        retryAfter.ShouldBe("991");
        rate.Return(991);

        rate.TryTake(out _).ShouldBeTrue();
        rate.TryTake(out _).ShouldBeFalse();
    }

    private long Used => hub.Services.GetRequiredService<MemoryBudget>().Used;

    private Task<HttpResponseMessage> PostAsync(string coding, byte[] body) =>
        location.PostAsync(Content(coding, body), location.Secret);

    private static ByteArrayContent Content(string coding, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        return content;
    }

    private static byte[] Encode(string coding, byte[] body)
    {
        if (coding == "identity")
        {
            return body;
        }

        using var encoded = new MemoryStream();
        using (
            Stream encoder = coding switch
            {
                "deflate" => new ZLibStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
                "br" => new BrotliStream(encoded, CompressionLevel.Fastest, leaveOpen: true),
                _ => new GZipStream(encoded, CompressionLevel.Optimal, leaveOpen: true),
            }
        )
        {
            encoder.Write(body);
        }

        return encoded.ToArray();
    }

    private static byte[] Padded(int length)
    {
        const string start = """{"notificationId":"big","notificationType":"T","x":" """;
        return Encoding.UTF8.GetBytes(start + new string('x', length - start.Length - 2) + "\"}");
    }

    private async Task<IReadOnlyList<NotificationEntry>> LogAsync()
    {
        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        return await NotificationLog.ReadPageAsync(connection, 0, 100, CancellationToken.None);
    }
}
