using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Intake;
using NotificationHub.LocalBus;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A stopping hub completes its requests and releases everything that the next hub would wait for.</summary>
public sealed class GracefulStopTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private HubDatabase? file;

    private HubDatabase File => file ??= new HubDatabase(TestStore.At(folder.File("kept.db")));

    public void Dispose()
    {
        file?.Store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_started_delivery_is_stored_and_answered()
    {
        var hub = await StartAsync("Intake:BodyTimeout=00:01:00");
        var url = hub.Http.BaseAddress!;
        var location = await hub.AddLocationAsync();
        var body = TestLocation.Notification("n-1");
        using var sender = await RawConnection.OpenAsync(url);
        await sender.SendAsync(RawConnection.HeadOf(location, body.Length) + body[..10]);
        var budget = hub.Services.GetRequiredService<MemoryBudget>();
        await Until.TrueAsync(() => budget.Used > 0, "the intake reads the body");

        var end = hub.DisposeAsync().AsTask();
        await Until.TrueAsync(() => IsClosedAsync(url), "the hub accepts no more connections");
        await sender.SendAsync(body[10..]);

        (await sender.ReadLineAsync()).ShouldBe("HTTP/1.1 200 OK");
        await end;
        (await File.QueryAsync<string>("select notification_id from notification_log")).ShouldBe(["n-1"]);
    }

    [Fact]
    public async Task Under_load_every_accepted_notification_is_stored_and_all_leases_are_released()
    {
        await using var bus = await LocalServiceBus.StartAsync();
        var hub = await StartAsync($"ServiceBus:ConnectionString={bus.ConnectionString}");
        var location = await hub.AddLocationAsync();
        var endpoint = new HubEndpoint();
        endpoint.Open(hub.Http.BaseAddress!);
        await using var sender = new NotificationSender(
            LoadProfile.Steady,
            new NotificationGenerator(Seeds.Create(output)),
            location.Path,
            location.Secret,
            endpoint
        );
        await Until.TrueAsync(async () => (await LeasesAsync()).Count > bus.Topics.Count, "the stages have leases");
        await Until.TrueAsync(() => sender.AcceptedCount >= 100, "deliveries are accepted");

        await hub.DisposeAsync();

        await Until.TrueAsync(() => sender.FailedAttempts > 0, "the stop has interrupted a delivery");
        await sender.StopAsync();
        sender.Unexpected.ShouldBeEmpty();
        var stored = await File.NotificationsAsync(sender.LocationId);
        sender.Accepted.Except(stored, StringComparer.Ordinal).ShouldBeEmpty("accepted, but lost");
        (await LeasesAsync()).ShouldBeEmpty();
        (await File.ScalarAsync<long>("select count(*) from replica")).ShouldBe(0);
    }

    private Task<HubHost> StartAsync(params string[] settings) => HubHost.StartOnAsync(File.Store, settings);

    private Task<IReadOnlyList<string>> LeasesAsync() =>
        File.QueryAsync<string>("select name from lease where owner is not null");

    private static async Task<bool> IsClosedAsync(Uri url)
    {
        try
        {
            using var connection = await RawConnection.OpenAsync(url);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}
