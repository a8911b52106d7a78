using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.Tests.Auth;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>The hub accepts any bytes in headers that it does not use, and compares credentials byte by byte.</summary>
public sealed class HeaderBytesTests : IAsyncLifetime
{
    private const string Secret = "s\u00E9cret";

    // The last byte in UTF-8 is a space in Latin-1.
    private const string ConsumerKey = "cl\u00E9 \u00E0";
    private const string AdminKey = "cl\u00E9 d'\u00E0";

    private HubHost hub = null!;
    private TestLocation location = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubHost.StartAsync([
            "environment=Production",
            .. AdminHost.Key(0, "inventory", ConsumerKey, "Consume"),
            .. AdminHost.Key(1, "dashboard", AdminKey, "Read"),
        ]);
        location = await hub.AddLocationAsync();
        await location.AddSecretAsync(Secret);
        await hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData("User-Agent")]
    [InlineData("Accept-Language")]
    [InlineData("X-Something")]
    public async Task Header_bytes_that_are_not_UTF_8_lose_no_delivery(string header) =>
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
    public async Task The_same_characters_in_another_encoding_are_not_the_secret()
    {
        var latin = Bytes($"Authorization: Bearer {Secret}\r\n", Encoding.Latin1);
        var twice = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Secret));

        (await PostAsync(latin)).ShouldBe("HTTP/1.1 401 Unauthorized");
        (await PostAsync(Authorization(twice))).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    [Theory]
    [InlineData("Authorization: Bearer ")]
    [InlineData("Authorization: ")]
    [InlineData("X-Api-Key: ")]
    public async Task A_credential_that_is_not_UTF_8_is_invalid(string header)
    {
        byte[] invalid = [.. Bytes(header), 0xFF, 0x80, (byte)'a', .. Bytes("\r\n")];

        (await PostAsync(invalid)).ShouldBe("HTTP/1.1 401 Unauthorized");
        (await SendAsync("GET /events?after=0", invalid)).ShouldBe("HTTP/1.1 401 Unauthorized");
        (await SendAsync("GET /admin/locations", invalid)).ShouldBe("HTTP/1.1 401 Unauthorized");
    }

    [Theory]
    [InlineData("X-Api-Key: ")]
    [InlineData("Authorization: Bearer ")]
    public async Task A_key_is_accepted_in_UTF_8(string header)
    {
        (await SendAsync("GET /events?after=0", With(ConsumerKey))).ShouldBe("HTTP/1.1 200 OK");
        (await SendAsync("GET /admin/locations", With(AdminKey))).ShouldBe("HTTP/1.1 200 OK");

        byte[] With(string key) => [.. Bytes(header), .. Encoding.UTF8.GetBytes(key), .. Bytes("\r\n")];
    }

    private Task<string?> PostAsync(byte[] headers) =>
        SendAsync($"POST {location.Path}", headers, TestLocation.Notification("n-1"));

    private async Task<string?> SendAsync(string request, byte[] headers, string body = "")
    {
        using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        await connection.SendAsync(
            (byte[])
                [
                    .. Bytes($"{request} HTTP/1.1\r\nHost: hub\r\nContent-Length: {body.Length}\r\n"),
                    .. headers,
                    .. Bytes($"\r\n{body}"),
                ]
        );
        return await connection.ReadLineAsync();
    }

    private static byte[] Authorization(string secret) => Bytes($"Authorization: Bearer {secret}\r\n", Encoding.UTF8);

    private static byte[] Bytes(string text, Encoding? encoding = null) => (encoding ?? Encoding.ASCII).GetBytes(text);
}
