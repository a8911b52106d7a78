using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NotificationHub.Hosting.Connections;
using NotificationHub.Intake;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;

namespace NotificationHub.Tests.Hosting.Connections;

/// <summary>Small floods over loopback: Apple and the probes are still served, and no connections remain.</summary>
public sealed class ConnectionFloodTests : IAsyncDisposable
{
    private const int MaxUnauthenticated = 4;
    private const int MaxAuthenticated = 12;
    private const int Attackers = 40;

    private const string Nothing = "";
    private const string HalfALine = "POST /notifications/x HTT";
    private const string HalfAHeader = "POST /notifications/x HTTP/1.1\r\nHost: hub\r\nAuthorization: Bea";

    private const string HalfABody =
        "POST /notifications/x HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer wrong\r\nContent-Length: 9\r\n\r\n{";

    private readonly LogLines log = new();
    private readonly List<RawConnection> attackers = [];

    [Theory]
    [InlineData(Nothing)]
    [InlineData(HalfALine)]
    [InlineData(HalfAHeader)]
    [InlineData(HalfABody)]
    public async Task Idle_and_slow_connections_from_many_addresses_do_not_block_Apple_or_probes(string sent)
    {
        await using var hub = await StartAsync();
        var location = await hub.AddLocationAsync();
        for (var n = 0; n < Attackers; n++)
        {
            await AttackAsync(hub, IPAddress.Parse($"127.0.1.{n + 1}"), sent);
            // Sequentially, so that the hub has accepted all of them before Apple connects.
            await (
                n < MaxUnauthenticated
                    ? Until.TrueAsync(() => OpenIn(hub).Unauthenticated == n + 1, "the hub counts the connection")
                    : attackers[n - MaxUnauthenticated].EndAsync()
            );
        }

        (await DeliverAsync(hub, location)).ShouldBe("HTTP/1.1 200 OK");
        (await ReadyAsync(hub)).ShouldBe(HttpStatusCode.OK);

        await EndAttackAsync(hub);
        AssertOneLine(hub);
    }

    [Fact]
    public async Task Apple_gets_responses_while_a_few_addresses_keep_connecting()
    {
        await using var hub = await StartAsync();
        var location = await hub.AddLocationAsync();
        using var over = new CancellationTokenSource();
        var flood = Task.Run(async () =>
        {
            for (var n = 0; n < 5_000 && !over.IsCancellationRequested; n++)
            {
                await AttackAsync(hub, IPAddress.Parse($"127.0.2.{1 + (n % 3)}"), HalfAHeader);
            }
        });
        await Until.TrueAsync(() => OpenIn(hub).Unauthenticated == MaxUnauthenticated, "the flood fills its share");

        for (var n = 0; n < 20; n++)
        {
            (await DeliverAsync(hub, location)).ShouldBe("HTTP/1.1 200 OK");
        }

        await over.CancelAsync();
        await flood;
        (await ReadyAsync(hub)).ShouldBe(HttpStatusCode.OK);
        await EndAttackAsync(hub);
        AssertOneLine(hub);
    }

    [Fact]
    public async Task Slow_deliveries_of_one_location_do_not_block_another_location()
    {
        await using var hub = await StartAsync();
        var leaked = await hub.AddLocationAsync();
        var other = await hub.AddLocationAsync();
        for (var n = 0; n < Attackers; n++)
        {
            await AttackAsync(hub, IPAddress.Loopback, RawConnection.HeadOf(leaked, 100) + "{");
            await (
                n < MaxAuthenticated
                    ? Until.TrueAsync(() => OpenIn(hub).Authenticated == n + 1, "the connection has authenticated")
                    : attackers[n - MaxAuthenticated].EndAsync()
            );
        }

        (await DeliverAsync(hub, other)).ShouldBe("HTTP/1.1 200 OK");

        await EndAttackAsync(hub);
        AssertOneLine(hub);
    }

    [Fact]
    public async Task A_connection_loses_its_reserved_slot_when_its_secret_is_retired()
    {
        await using var hub = await StartAsync();
        var location = await hub.AddLocationAsync();
        using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        (await SendAsync(connection, location)).ShouldBe("HTTP/1.1 200 OK");
        OpenIn(hub).ShouldBe((0, 1));

        await RetireSecretsAsync(hub, location);

        (await SendAsync(connection, location)).ShouldBe("HTTP/1.1 401 Unauthorized");
        await Until.TrueAsync(() => OpenIn(hub) == (1, 0), "the connection is unauthenticated again");
    }

    [Fact]
    public async Task A_request_without_a_credential_costs_the_connection_its_reserved_slot()
    {
        await using var hub = await StartAsync();
        var location = await hub.AddLocationAsync();
        using var connection = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        (await SendAsync(connection, location)).ShouldBe("HTTP/1.1 200 OK");

        await connection.SendAsync("GET /health/live HTTP/1.1\r\nHost: hub\r\n\r\n");

        await Until.TrueAsync(() => OpenIn(hub) == (1, 0), "the connection is unauthenticated again");
    }

    [Fact]
    public async Task A_shutdown_aborts_a_connection_with_incomplete_headers()
    {
        var clock = new ManualClock();
        await using var hub = await HubHost.StartAsync(
            builder =>
            {
                builder.Logging.AddProvider(log);
                builder.Services.AddSingleton<TimeProvider>(clock);
            },
            "Logging:LogLevel:Microsoft.AspNetCore.Server.Kestrel=Debug"
        );
        await AttackAsync(hub, IPAddress.Loopback, HalfAHeader);
        await Until.TrueAsync(() => OpenIn(hub).Unauthenticated == 1, "the hub counts the connection");

        var stopped = hub.StopAsync();
        await Until.TrueAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return stopped.IsCompleted;
            },
            "the hub has stopped"
        );

        await stopped;
        log.Text.ShouldContain("sending RST because: \"The hub is shutting down.\"");
    }

    public ValueTask DisposeAsync()
    {
        attackers.ForEach(attacker => attacker.Dispose());
        log.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<HubHost> StartAsync() =>
        HubHost.StartAsync(
            builder => builder.Logging.AddProvider(log),
            $"Intake:MaxConnections={MaxUnauthenticated + MaxAuthenticated}",
            "Admin:Urls=http://127.0.0.1:0",
            "Logging:LogLevel:Default=Warning"
        );

    private async Task AttackAsync(HubHost hub, IPAddress from, string sent)
    {
        try
        {
            var attacker = await RawConnection.OpenAsync(hub.Http.BaseAddress!, from);
            attackers.Add(attacker);
            await attacker.SendAsync(sent);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            // The hub has already closed the connection.
        }
    }

    private static async Task<string?> DeliverAsync(HubHost hub, TestLocation location)
    {
        using var apple = await RawConnection.OpenAsync(hub.Http.BaseAddress!);
        var body = TestLocation.Notification($"n-{Guid.NewGuid():N}");
        await apple.SendAsync(RawConnection.HeadOf(location, body.Length) + body);
        return await apple.ReadLineAsync();
    }

    /// <returns>The status line; the headers are read, too, and there is no body.</returns>
    private static async Task<string?> SendAsync(RawConnection connection, TestLocation location)
    {
        var body = TestLocation.Notification($"n-{Guid.NewGuid():N}");
        await connection.SendAsync(RawConnection.HeadOf(location, body.Length) + body);
        var status = await connection.ReadLineAsync();
        while (await connection.ReadLineAsync() is { Length: > 0 }) { }

        return status;
    }

    private static async Task RetireSecretsAsync(HubHost hub, TestLocation location)
    {
        await hub.Database.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("delete from notification_secret where location_id = @Id", location);
                await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
            },
            CancellationToken.None
        );
        await hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
    }

    private static async Task<HttpStatusCode> ReadyAsync(HubHost hub)
    {
        using var http = new HttpClient { BaseAddress = hub.AdminUrl };
        using var response = await http.GetAsync("/health/ready");
        return response.StatusCode;
    }

    private async Task EndAttackAsync(HubHost hub)
    {
        attackers.ForEach(attacker => attacker.Dispose());
        await Until.TrueAsync(() => OpenIn(hub) == (0, 0), "every slot is free again");
    }

    private static (int Unauthenticated, int Authenticated) OpenIn(HubHost hub) =>
        hub.Services.GetRequiredService<ConnectionLimiters>().Public.Count;

    // The hub logs its line once a minute; the test does not wait for it.
    private void AssertOneLine(HubHost hub)
    {
        log.Text.ShouldBeEmpty();
        hub.Services.GetServices<IHostedService>().OfType<ConnectionReport>().Single().Report();
        log.Text.Split('\n')
            .ShouldHaveSingleItem()
            .ShouldContain("connections within a minute because a limit was reached");
    }
}
