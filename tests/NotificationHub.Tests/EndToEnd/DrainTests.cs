using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using NotificationHub.Tests.Crash;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>A real process with real sockets gets SIGTERM, as when a container is replaced under load.</summary>
public sealed class DrainTests(ITestOutputHelper output) : IDisposable
{
    private const int SlowDeliveries = 8;
    private const int Senders = 4;

    private readonly TemporaryFolder folder = new();
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private HubDatabase? file;

    private HubDatabase File => file ??= new HubDatabase(TestStore.At(folder.File("hub.db")));

    public void Dispose()
    {
        http.Dispose();
        file?.Store.Dispose();
        folder.Dispose();
    }

    [SignalsFact]
    public async Task A_stopping_hub_reports_not_ready_completes_all_requests_and_releases_its_leases()
    {
        await using var hub = HubProcess.Start(
            folder.Path,
            [.. File.Store.Settings, "Hosting:DrainDelay=00:00:04", "Intake:BodyTimeout=00:01:00"]
        );
        try
        {
            await StopUnderLoadAsync(hub);
        }
        finally
        {
            output.WriteLine(hub.Output);
        }

        (await File.QueryAsync<string>("select name from lease where owner is not null")).ShouldBeEmpty();
        (await File.ScalarAsync<long>("select count(*) from replica")).ShouldBe(0);
    }

    private async Task StopUnderLoadAsync(HubProcess hub)
    {
        var url = await hub.StartedAsync();
        var (path, secret) = await CrashScene.AddLocationAsync(File, url);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        await Until.TrueAsync(
            async () => await File.ScalarAsync<long>("select count(*) from lease where owner is not null") > 0,
            "the stages have leases"
        );
        List<RawConnection> slow = [];
        try
        {
            for (var n = 0; n < SlowDeliveries; n++)
            {
                slow.Add(await BeginAsync(url, path, secret, $"slow-{n}"));
            }

            (await IsReadyAsync(url)).ShouldBeTrue();
            Task<int>[] senders = [.. Enumerable.Range(0, Senders).Select(n => SendUntilNotReadyAsync(url, path, n))];
            var end = hub.EndAsync();
            var sent = (await Task.WhenAll(senders)).Sum();

            using var late = await PostAsync(url, path, "late");
            late.StatusCode.ShouldBe(HttpStatusCode.OK);
            late.Headers.ConnectionClose.ShouldBe(true);
            await Until.TrueAsync(() => IsClosedAsync(url), "the hub accepts no more connections");
            for (var n = 0; n < SlowDeliveries; n++)
            {
                await slow[n].SendAsync(Body($"slow-{n}")[10..]);
                (await slow[n].ReadLineAsync()).ShouldBe("HTTP/1.1 200 OK");
            }

            (await end).ShouldBe(0);
            (await File.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(SlowDeliveries + sent + 1);
        }
        finally
        {
            slow.ForEach(connection => connection.Dispose());
        }
    }

    private static async Task<RawConnection> BeginAsync(Uri url, string path, string secret, string id)
    {
        var connection = await RawConnection.OpenAsync(url);
        await connection.SendAsync(RawConnection.HeadOf(path, secret, Body(id).Length) + Body(id)[..10]);
        return connection;
    }

    /// <summary>Sends like a load balancer while the hub is ready; each delivery must get 200.</summary>
    private async Task<int> SendUntilNotReadyAsync(Uri url, string path, int sender)
    {
        var sent = 0;
        while (await IsReadyAsync(url))
        {
            using var response = await PostAsync(url, path, $"sender-{sender}-{sent++}");
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        return sent;
    }

    private async Task<bool> IsReadyAsync(Uri url)
    {
        using var response = await http.GetAsync(new Uri(url, "/health/ready"));
        return response.StatusCode == HttpStatusCode.OK;
    }

    private async Task<HttpResponseMessage> PostAsync(Uri url, string path, string id)
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body(id)));
        return await http.PostAsync(new Uri(url, path), content);
    }

    private static string Body(string id) => TestLocation.Notification(id);

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
