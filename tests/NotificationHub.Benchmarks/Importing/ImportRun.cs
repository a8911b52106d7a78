using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Benchmarks.Importing;

/// <summary>Imports a location of the simulated Apple into a new hub, and compares the result with Apple's records.</summary>
internal sealed class ImportRun : IAsyncDisposable
{
    private const int Apps = 25;
    private const int SpareLicenses = 10;
    private const long FirstAdamId = 361285480;

    private static readonly TimeSpan StallLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(30);

    private readonly string folder = Directory.CreateTempSubdirectory("notificationhub-import-").FullName;
    private readonly int assignments;
    private readonly double rate;
    private long walBytes;

    public ImportRun(int assignments, double rate)
    {
        this.assignments = assignments;
        this.rate = rate;
        Store = StoreSettings.File(DatabaseFile);
    }

    private StoreSettings Store { get; }

    private string DatabaseFile => Path.Combine(folder, "notificationhub.db");

    public async Task<ImportResult> RunAsync()
    {
        await using var apple = await SimulatedApple.StartAsync(
            rate > 0
                ? new SimulatedAppleOptions()
                : new SimulatedAppleOptions { EnforceRate = false, RequestsPerSecond = ImportHub.NoLimit }
        );
        var location = apple.AddLocation();
        Fill(location);
        using var bus = await ServerProcess.StartAsync("bus");
        using var hub = await ServerProcess.StartAsync(
            Store,
            "import-hub",
            apple.BaseUrl.AbsoluteUri,
            bus.FirstLine,
            rate.ToString(CultureInfo.InvariantCulture)
        );
        var idle = hub.PeakMemoryMiB;
        var processor = hub.ProcessorTime;
        var start = Stopwatch.GetTimestamp();
        await RegisterAsync(new Uri(hub.FirstLine), location);
        await WaitUntilAsync(progress => progress.IsImported);
        var imported = Stopwatch.GetElapsedTime(start);
        await WaitUntilAsync(progress => progress.IsPublished);
        var published = Stopwatch.GetElapsedTime(start);
        processor = hub.ProcessorTime - processor;
        var peak = hub.PeakMemoryMiB;
        await hub.StopAsync();
        return new ImportResult
        {
            Assignments = assignments,
            Rate = rate,
            Requests = apple.Requests.Total,
            Pages = apple.Requests.Count("/assignments"),
            Imported = imported,
            Published = published,
            ProcessorTime = processor,
            IdleMiB = idle,
            PeakMiB = peak,
            WalBytes = walBytes,
            DatabaseBytes = new FileInfo(DatabaseFile).Length,
            Differences = await ImportCheck.CountDifferencesAsync(Store, location.ExportState()),
            Violations = apple.Violations.Count,
        };
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    // The devices have up to 25 apps each, as in Apple's largest request.
    private void Fill(SimulatedLocation location) =>
        location.Silently(change =>
        {
            AssetKey[] apps =
            [
                .. Enumerable
                    .Range(0, Apps)
                    .Select(app => new AssetKey((FirstAdamId + app).ToString(CultureInfo.InvariantCulture), "STDQ")),
            ];
            foreach (var app in apps)
            {
                change.PutAsset(new SimulatedAsset(app.AdamId, app.PricingParam, (assignments / Apps) + SpareLicenses));
            }

            for (var number = 0; number < assignments; number++)
            {
                var serial = string.Create(CultureInfo.InvariantCulture, $"C02{number / Apps:X9}");
                change.Associate(apps[number % Apps], AssignmentTarget.Device(serial));
            }
        });

    private static async Task RegisterAsync(Uri hub, SimulatedLocation location)
    {
        using var client = new HttpClient { BaseAddress = hub };
        using var response = await client.PostAsJsonAsync(
            "/admin/locations",
            new AddLocationInput { ContentToken = location.ContentTokenFile, Url = hub.AbsoluteUri }
        );
        if (!response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(
                $"The hub did not register the location: {await response.Content.ReadAsStringAsync()}"
            );
        }
    }

    private async Task WaitUntilAsync(Func<ImportProgress, bool> isThere)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        await using var database = Store.Open();
        ImportProgress? before = null;
        var (movedAt, reportedAt) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        while (await timer.WaitForNextTickAsync())
        {
            var wal = new FileInfo($"{DatabaseFile}-wal");
            walBytes = Math.Max(walBytes, wal.Exists ? wal.Length : 0);
            var progress = await ImportProgress.ReadAsync(database);
            if (isThere(progress))
            {
                return;
            }

            movedAt = progress == before ? movedAt : Stopwatch.GetTimestamp();
            before = progress;
            if (Stopwatch.GetElapsedTime(movedAt) > StallLimit)
            {
                throw new TimeoutException($"The import has not moved for {StallLimit}: {progress}");
            }

            if (Stopwatch.GetElapsedTime(reportedAt) > ReportInterval)
            {
                reportedAt = Stopwatch.GetTimestamp();
                await Console.Error.WriteLineAsync($"  {progress}");
            }
        }
    }
}
