using System.Text;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting.Connections;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Security;

/// <summary>A client behind a proxy sends its own <c>X-Forwarded-For</c>, to which the proxy adds the client's address.</summary>
public sealed class ForwardedAddressTests
{
    private const string Chosen = "203.0.113.7";
    private const string Added = "198.51.100.9";

    [Fact]
    public async Task Behind_a_proxy_the_last_forwarded_address_counts()
    {
        await using var hub = await HubHost.StartAsync("environment=Production", "ForwardedHeaders_Enabled=true");
        var location = await hub.AddLocationAsync();
        hub.Http.DefaultRequestHeaders.Add("X-Forwarded-For", $"{Chosen}, {Added}");
        hub.Http.DefaultRequestHeaders.Add("Forwarded", $"for={Chosen}");
        hub.Http.DefaultRequestHeaders.Add("X-Real-IP", Chosen);

        (await location.PostAsync(TestLocation.Notification("n-1"))).EnsureSuccessStatusCode();

        await using var connection = await hub.Database.OpenReaderAsync(CancellationToken.None);
        var log = await NotificationLog.ReadPageAsync(connection, 0, 10, CancellationToken.None);
        log.ShouldHaveSingleItem().RemoteAddress.ShouldBe(Added);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_forwarded_address_does_not_change_the_connection_limit(string enabled)
    {
        await using var hub = await HubHost.StartAsync(
            "environment=Production",
            $"ForwardedHeaders_Enabled={enabled}",
            "Intake:MaxConnectionsPerAddress=1"
        );
        using var first = await OpenAsync(hub, Chosen);
        using var second = await OpenAsync(hub, Added);

        // Both connections come from one peer.
        await first.EndAsync();
        hub.Services.GetRequiredService<ConnectionLimiters>().Public.Count.ShouldBe((1, 0));
    }

    private static async Task<RawConnection> OpenAsync(HubHost hub, string forwarded)
    {
        var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        await connection.SendAsync(
            Encoding.ASCII.GetBytes($"GET /health/live HTTP/1.1\r\nHost: hub\r\nX-Forwarded-For: {forwarded}\r\n\r\n")
        );
        (await connection.ReadLineAsync()).ShouldBe("HTTP/1.1 200 OK");
        return connection;
    }
}
