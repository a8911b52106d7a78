using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>Bytes in headers: any are accepted where the hub does not need them, exact ones where it verifies a credential.</summary>
public sealed class HeaderBytesTests : IAsyncLifetime
{
    private const string Secret = "s\u00E9cret";

    private HubHost hub = null!;
    private TestLocation location = null!;

    public async Task InitializeAsync()
    {
        hub = await HubHost.StartAsync();
        location = await hub.AddLocationAsync();
        await location.AddSecretAsync(Secret);
        await hub.Services.GetRequiredService<LocationGates>().RefreshAsync(CancellationToken.None);
    }

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("User-Agent")]
    [InlineData("Accept-Language")]
    [InlineData("X-Something")]
    public async Task Bytes_that_are_not_UTF_8_cost_no_delivery(string header) =>
        (
            await PostAsync([
                .. Authorization(location.Secret),
                .. Bytes($"{header}: A\u00FF\u0080\r\n", Encoding.Latin1),
            ])
        ).ShouldBe("HTTP/1.1 200 OK");

    [Fact]
    public async Task A_secret_is_accepted_in_UTF_8() =>
        (await PostAsync(Authorization(Secret))).ShouldBe("HTTP/1.1 200 OK");

    [Fact]
    public async Task The_same_letters_in_other_bytes_are_not_the_secret()
    {
        var latin = Bytes($"Authorization: Bearer {Secret}\r\n", Encoding.Latin1);
        var twice = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Secret));

        (await PostAsync(latin)).ShouldBe("HTTP/1.1 400 Bad Request");
        (await PostAsync(Authorization(twice))).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    private async Task<string?> PostAsync(byte[] headers)
    {
        using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        var body = TestLocation.Notification("n-1");
        await connection.SendAsync(
            (byte[])
                [
                    .. Bytes($"POST {location.Path} HTTP/1.1\r\nHost: hub\r\nContent-Length: {body.Length}\r\n"),
                    .. headers,
                    .. Bytes($"\r\n{body}"),
                ]
        );
        return await connection.ReadLineAsync();
    }

    private static byte[] Authorization(string secret) => Bytes($"Authorization: Bearer {secret}\r\n", Encoding.UTF8);

    private static byte[] Bytes(string text, Encoding? encoding = null) => (encoding ?? Encoding.ASCII).GetBytes(text);
}
