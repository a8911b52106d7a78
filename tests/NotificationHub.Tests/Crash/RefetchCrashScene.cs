using System.Text.Json;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Refetch;

namespace NotificationHub.Tests.Crash;

/// <summary>A mortal hub that reads a location of the simulated Apple again and again.</summary>
internal sealed class RefetchCrashScene : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly LoadBalancer balancer;
    private string locationId = "";

    private RefetchCrashScene(SimulatedApple apple, MortalHub hub, LoadBalancer balancer, TemporaryFolder folder)
    {
        this.balancer = balancer;
        this.folder = folder;
        Apple = apple;
        Hub = hub;
        Library = apple.AddLocation();
    }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Library { get; }

    public MortalHub Hub { get; }

    public static async Task<RefetchCrashScene> BeginAsync(int seed)
    {
        var options = new SimulatedAppleOptions
        {
            Seed = seed,
            PageSize = 40,
            // What is compared is Apple's state, so none of its notifications may be given up.
            Delivery = new() { RetryDelays = [.. Enumerable.Repeat(TimeSpan.FromSeconds(1), 60)] },
        };
        var folder = new TemporaryFolder();
        var apple = await SimulatedApple.StartAsync(options);
        var hub = new MortalHub(
            folder.Path,
            $"Apple:BaseUrl={apple.BaseUrl}",
            "Storage:LeaseDuration=00:00:03",
            "Refetch:Quiet=00:00:00.200",
            "Refetch:FirstMaxWait=00:00:01",
            "Refetch:LongestMaxWait=00:00:02",
            "Refetch:RequestsPerSecond=10",
            "Refetch:FirstRetryDelay=00:00:00.500"
        );
        var scene = new RefetchCrashScene(apple, hub, await LoadBalancer.StartAsync(hub.Door), folder);
        try
        {
            await hub.StartAsync();
            await scene.RegisterAsync();
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until the hub has read all that changed, and compares what it and its consumers believe with Apple.</summary>
    public async Task EndAsync()
    {
        await Apple.WaitUntilDeliveredAsync().WaitAsync(TimeSpan.FromSeconds(60));
        await Hub.RestAsync(IsReadAsync);

        var truth = ConsumerCopy.LinesOf(Library.ExportState());
        var events = await ReadEventsAsync();
        ConsumerCopy.Of(events).Lines().ShouldBe(truth);
        (await ReadSnapshotAsync()).ShouldBe(truth);
        Hub.Feed.Changed.ShouldBeEmpty();
        Hub.Cursors.Faults.ShouldBeEmpty();
        Apple.Violations.ShouldBeEmpty();
        (await Hub.File.IntegrityAsync()).ShouldBe("ok");
    }

    public async ValueTask DisposeAsync()
    {
        await Apple.DisposeAsync();
        await Hub.DisposeAsync();
        await balancer.DisposeAsync();
        folder.Dispose();
    }

    private async Task RegisterAsync()
    {
        var token = folder.File("location.vpptoken");
        await File.WriteAllTextAsync(token, Library.ContentTokenFile);
        var run = await CommandRun.OnAsync(
            Hub.File.Store,
            "locations",
            "add",
            $"--token-file={token}",
            $"--url={balancer.Url}",
            $"--Apple:BaseUrl={Apple.BaseUrl}",
            "--json"
        );
        run.ExitCode.ShouldBe(0, run.Error);
        locationId = run.Json.GetProperty("id").GetString()!;
    }

    private async Task<bool> IsReadAsync() =>
        await Hub.File.ScalarAsync<long>(
            """
            select
                (select count(*) from refetch_target where requested > fetched)
                + (select count(*) from notification_log where seq > (select position from log_cursor where name = 'routing'))
            """
        ) == 0;

    private async Task<IReadOnlyList<EventEntry>> ReadEventsAsync()
    {
        await using var connection = await Hub.File.OpenAsync();
        return await EventLog.ReadPageAsync(connection, 0, new EventFilter(), int.MaxValue, CancellationToken.None);
    }

    /// <summary>What <c>/snapshot</c> gives, in the words of <see cref="ConsumerCopy"/>.</summary>
    private async Task<IEnumerable<string>> ReadSnapshotAsync()
    {
        using var http = new HttpClient { BaseAddress = await Hub.Door.Url };
        var assets = await http.GetStringAsync($"/snapshot/{locationId}/asset");
        var assignments = await http.GetStringAsync($"/snapshot/{locationId}/assignment");
        return Records(assets)
            .Select(row => $"assets/{row.GetProperty("key")} {Counts(row.GetProperty("record"))}")
            .Concat(Records(assignments).Select(row => $"assignments/{row.GetProperty("key")}"))
            .Order(StringComparer.Ordinal);

        static IEnumerable<JsonElement> Records(string lines) =>
            lines
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonDocument.Parse(line).RootElement);

        static string Counts(JsonElement asset) =>
            $"{asset.GetProperty("assignedCount")} {asset.GetProperty("availableCount")} {asset.GetProperty("totalCount")}";
    }
}
