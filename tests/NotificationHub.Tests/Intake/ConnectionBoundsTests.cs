using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>What strangers can cost before they have said a word that the intake believes.</summary>
public sealed class ConnectionBoundsTests
{
    [Fact]
    public async Task Headers_beyond_16_KiB_are_answered_431_and_shorter_ones_are_read()
    {
        await using var hub = await HubHost.StartAsync();

        (await TryAsync(hub, Padded(15 * 1024))).ShouldBe("HTTP/1.1 401 Unauthorized");
        (await TryAsync(hub, Padded(17 * 1024))).ShouldBe("HTTP/1.1 431 Request Header Fields Too Large");

        // In lines of their own, because a single one has a bound too.
        static string Padded(int length) =>
            "POST /notifications/x HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n"
            + string.Concat(Enumerable.Range(0, length / 1024).Select(n => $"x-{n:00}: {new string('x', 1016)}\r\n"))
            + "\r\n";
    }

    [Fact]
    public async Task Headers_that_never_end_are_given_up()
    {
        await using var hub = await HubHost.StartAsync();
        using var slow = await RawConnection.OpenAsync(hub.Http.BaseAddress!);

        await slow.SendAsync("POST /notifications/x HTTP/1.1\r\nHost: hub\r\nAuthorization: Bea");

        (await slow.ReadLineAsync()).ShouldBe("HTTP/1.1 408 Request Timeout");
        await slow.EndAsync();
    }

    [Fact]
    public async Task A_stranger_that_says_nothing_more_is_kept_for_a_minute_at_most()
    {
        await using var hub = await HubHost.StartAsync();

        // Kestrel takes no clock from outside: the setting stands for a minute's wait.
        var limits = hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.KeepAliveTimeout.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    /// <returns>The answer's first line; null where there was none.</returns>
    private static async Task<string?> TryAsync(HubHost hub, string request)
    {
        try
        {
            using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
            await connection.SendAsync(request);
            return await connection.ReadLineAsync();
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return null;
        }
    }
}
