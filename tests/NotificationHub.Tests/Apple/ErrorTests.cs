using System.Net;
using NotificationHub.Apple;
using static NotificationHub.Apple.AppleErrorKind;

namespace NotificationHub.Tests.Apple;

public sealed class ErrorTests : AppleTest
{
    [Theory]
    [InlineData(9601, 401, TokenInvalid)]
    [InlineData(9602, 400, InvalidArgument)]
    [InlineData(9603, 500, Unavailable)]
    [InlineData(9609, 400, NotFound)]
    [InlineData(9621, 401, TokenExpired)]
    [InlineData(9621, 200, TokenExpired)]
    [InlineData(9622, 200, TokenInvalid)]
    [InlineData(9622, 401, TokenInvalid)]
    [InlineData(9623, 400, InvalidArgument)]
    [InlineData(9625, 401, TokenRevoked)]
    [InlineData(9625, 200, TokenRevoked)]
    [InlineData(9634, 410, Gone)]
    [InlineData(9635, 200, Conflict)]
    [InlineData(9641, 200, Conflict)]
    [InlineData(9637, 403, Forbidden)]
    [InlineData(9644, 200, Unavailable)]
    [InlineData(9646, 429, Throttled)]
    [InlineData(9647, 403, Forbidden)]
    [InlineData(9650, 400, RestartTraversal)]
    [InlineData(9700, 400, TooManyItems)]
    [InlineData(9701, 400, TooManyItems)]
    [InlineData(9702, 400, TooManyItems)]
    [InlineData(9703, 400, InvalidArgument)]
    [InlineData(9704, 400, InvalidArgument)]
    [InlineData(9705, 400, InvalidArgument)]
    [InlineData(9706, 400, Conflict)]
    [InlineData(9707, 400, Conflict)]
    [InlineData(9708, 400, EventUnknown)]
    [InlineData(9709, 400, Conflict)]
    [InlineData(9710, 400, NotificationUrlRefused)]
    [InlineData(9711, 400, NotificationUrlRefused)]
    [InlineData(9712, 400, NotificationUrlRefused)]
    [InlineData(9728, 400, NotificationUrlRefused)]
    [InlineData(9713, 400, InvalidArgument)]
    [InlineData(9714, 400, TooManyItems)]
    [InlineData(9715, 400, InvalidArgument)]
    [InlineData(9716, 400, Conflict)]
    [InlineData(9717, 400, InvalidArgument)]
    [InlineData(9718, 400, InvalidArgument)]
    [InlineData(9719, 400, InvalidArgument)]
    [InlineData(9720, 400, InvalidArgument)]
    [InlineData(9721, 400, VersionUnknown)]
    [InlineData(9722, 401, TokenInvalid)]
    [InlineData(9722, 200, TokenInvalid)]
    [InlineData(9723, 400, InvalidArgument)]
    [InlineData(9724, 400, InvalidArgument)]
    [InlineData(9725, 400, InvalidArgument)]
    [InlineData(9726, 405, InvalidArgument)]
    [InlineData(9727, 415, InvalidArgument)]
    [InlineData(9729, 503, Unavailable)]
    [InlineData(9811, 400, Conflict)]
    [InlineData(9812, 400, RestartTraversal)]
    [InlineData(9813, 400, InvalidArgument)]
    [InlineData(9814, 400, NotFound)]
    [InlineData(9815, 400, NotFound)]
    [InlineData(9816, 400, TooManyItems)]
    [InlineData(9817, 400, Conflict)]
    [InlineData(9818, 400, Conflict)]
    [InlineData(12345, 401, TokenInvalid)]
    [InlineData(12345, 403, Forbidden)]
    [InlineData(12345, 404, NotFound)]
    [InlineData(12345, 410, Gone)]
    [InlineData(12345, 429, Throttled)]
    [InlineData(12345, 502, Unavailable)]
    [InlineData(12345, 400, InvalidArgument)]
    [InlineData(12345, 200, InvalidArgument)]
    public async Task The_error_number_determines_the_kind_and_an_unknown_number_falls_back_to_the_status(
        int number,
        int status,
        AppleErrorKind kind
    )
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Apple.Then($$"""{"errorNumber":{{number}},"errorMessage":"Some text"}""", status);
        }

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(kind);
        error.ErrorNumber.ShouldBe(number);
        error.HttpStatusCode.ShouldBe((HttpStatusCode)status);
        error.Message.ShouldBe($"Apple returned {status} for GET /assets: {number} {kind}.");
        error.ErrorMessage.ShouldBe("Some text");
        error.IsTokenError.ShouldBe(kind is TokenExpired or TokenRevoked or TokenInvalid);
        error.IsTransient.ShouldBe(kind is Throttled or Unavailable);
        error.IsRejection.ShouldBe(
            !error.IsTokenError
                && !error.IsTransient
                && kind is not (RestartTraversal or VersionUnknown or EventUnknown)
        );
        Apple.Requests.Count.ShouldBe(kind == Unavailable ? 3 : 1);
    }

    [Theory]
    [InlineData(200, Protocol)]
    [InlineData(302, Protocol)]
    [InlineData(401, Protocol)]
    [InlineData(403, Protocol)]
    [InlineData(404, Protocol)]
    [InlineData(429, Throttled)]
    [InlineData(502, Unavailable)]
    public async Task A_proxys_page_is_a_protocol_error_and_not_a_token_error(int status, AppleErrorKind kind)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Apple.Then("<html>\nproxy says no</html>", status);
        }

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(kind);
        error.HttpStatusCode.ShouldBe((HttpStatusCode)status);
        error.ErrorNumber.ShouldBeNull();
        error.Message.ShouldContain($"{status}");
        error.Message.ShouldNotContain("proxy says no");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    public async Task A_200_without_a_JSON_object_is_a_protocol_error(string body)
    {
        Apple.Then(body);

        (await ErrorOfAssets()).Kind.ShouldBe(Protocol);
    }

    public static TheoryData<byte[]> BrokenObjects =>
        [
            (byte[])[.. "{\"assets\":{}}"u8],
            (byte[])[.. " {\"assets\":[{\"adamId\":\"1\""u8],
            (byte[])[.. "{\"versionId\":\"\\uD800\"}"u8],
            (byte[])[.. "{\"versionId\":\""u8, 0xFF, 0xFE, .. "\"}"u8],
            (byte[])[.. "{\"x\":"u8, .. Enumerable.Repeat((byte)'[', 100_000)],
        ];

    [Theory]
    [MemberData(nameof(BrokenObjects))]
    public async Task A_JSON_object_that_cannot_be_read_is_malformed(byte[] body)
    {
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Apple.Then(_ => Task.FromResult(Bytes(body)));
        }

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(Malformed);
        error.Malformation.ShouldBe("not the JSON that Apple documents");
    }

    [Fact]
    public async Task A_byte_order_mark_is_ignored()
    {
        Apple.Then(_ => Task.FromResult(Bytes([.. "\uFEFF{\"uId\":\"7\",\"assets\":[]}"u8])));

        (await ReadAssets()).ShouldHaveSingleItem().UId.ShouldBe("7");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{\"error\":\"proxy authentication required\"}")]
    [InlineData("{\"errorNumber\":0,\"errorMessage\":\"m\"}")]
    public async Task A_401_without_Apples_number_is_not_a_token_error(string body)
    {
        Apple.Then(body, 401);

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(Protocol);
        error.IsTokenError.ShouldBeFalse();
        error.HttpStatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_that_is_too_long_is_not_read_completely(bool announced)
    {
        Options.MaxResponseBytes = 1000;
        var endless = new CountingStream(announced ? 1001 : long.MaxValue);
        Apple.Then(_ =>
        {
            var content = new StreamContent(endless);
            content.Headers.ContentLength = announced ? 1001 : null;
            return Task.FromResult(new HttpResponseMessage { Content = content });
        });

        var error = await ErrorOfAssets();

        error.Kind.ShouldBe(Protocol);
        error.Message.ShouldContain("longer than 1000 bytes");
        endless.Given.ShouldBeLessThan(100_000);
    }

    [Fact]
    public async Task Personal_data_is_not_part_of_the_message()
    {
        Apple.Then(
            """
            {"errorNumber":9609,"errorMessage":"User client-4\r\n not \u202Efound","errorInfo":
             {"clientUserIds":["client-4"],"serialNumbers":["SERIAL-1"],"assets":[{"adamId":"1"}]}}
            """,
            400
        );

        var error = await ErrorOfAssets();

        error.ErrorInfo!.ClientUserIds.ShouldBe(["client-4"]);
        error.ErrorInfo.SerialNumbers.ShouldBe(["SERIAL-1"]);
        error.ErrorMessage.ShouldBe("User client-4 not found");
        error.Message.ShouldBe("Apple returned 400 for GET /assets: 9609 NotFound.");
        error.ToString().ShouldNotContain("client-4");
        error.ErrorInfo.ToString().ShouldNotContain("client-4");
    }

    [Fact]
    public async Task Apples_text_is_bounded()
    {
        Apple.Then($$"""{"errorNumber":9602,"errorMessage":"{{new string('x', 5000)}}"}""", 400);

        (await ErrorOfAssets()).ErrorMessage!.Length.ShouldBeLessThan(400);
    }

    private static HttpResponseMessage Bytes(byte[] body) => new() { Content = new ByteArrayContent(body) };

    private sealed class CountingStream(long length) : MemoryStream
    {
        public long Given { get; private set; }

        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = (int)Math.Min(buffer.Length, length - Given);
            buffer.Span[..count].Fill((byte)' ');
            Given += count;
            return ValueTask.FromResult(count);
        }
    }
}
