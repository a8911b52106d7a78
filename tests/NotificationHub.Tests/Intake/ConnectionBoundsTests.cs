using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Intake;

/// <summary>Limits for connections that have not authenticated yet.</summary>
public sealed class ConnectionBoundsTests
{
    [Fact]
    public async Task Headers_beyond_16_KiB_are_answered_431_and_shorter_ones_are_read()
    {
        await using var hub = await HubHost.StartAsync();

        (await TryAsync(hub, Padded(15 * 1024))).ShouldBe("HTTP/1.1 401 Unauthorized");
        (await TryAsync(hub, Padded(17 * 1024))).ShouldBe("HTTP/1.1 431 Request Header Fields Too Large");

        // In separate headers, because a single one is limited, too.
        static string Padded(int length) =>
            "POST /notifications/x HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n"
            + string.Concat(Enumerable.Range(0, length / 1024).Select(n => $"x-{n:00}: {new string('x', 1016)}\r\n"))
            + "\r\n";
    }

    [Fact]
    public async Task Headers_that_never_end_are_answered_408()
    {
        await using var hub = await HubHost.StartAsync();
        using var slow = await RawConnection.OpenAsync(hub.Http.BaseAddress!);

        await slow.SendAsync("POST /notifications/x HTTP/1.1\r\nHost: hub\r\nAuthorization: Bea");

        (await slow.ReadLineAsync()).ShouldBe("HTTP/1.1 408 Request Timeout");
        await slow.EndAsync();
    }

    [Fact]
    public async Task An_idle_unauthenticated_connection_is_closed_within_a_minute()
    {
        await using var hub = await HubHost.StartAsync();

        // Kestrel accepts no test clock, so check the setting instead of waiting a minute.
        var limits = hub.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;

        limits.KeepAliveTimeout.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    /// <returns>The first line of the response; null if there was none.</returns>
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
