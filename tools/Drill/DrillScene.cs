using System.Globalization;
using System.Net.Http.Json;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Drill.Virtual;
using NotificationHub.LocalBus;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Delivery;
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Storage;

namespace NotificationHub.Drill;

/// <summary>The whole hub, with one imported location, between Apple and the bus, on a clock that a drill moves.</summary>
internal sealed class DrillScene : IAsyncDisposable
{
    private const int DevicesAtOnce = 5;
    private static readonly string[] Apps = ["361304891", "408709785", "409183694"];

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("notificationhub-drill-");
    private readonly HubMeters meters = new();
    private readonly HttpClient http = new();
    private RunningHub hub = null!;
    private string locationId = null!;
    private int rounds;

    private DrillScene(DrillTime time, SimulatedApple apple, LocalServiceBus bus)
    {
        (Time, Apple, Bus) = (time, apple, bus);
        Location = apple.AddLocation();
        Witness = new DrillWitness(http, apple, meters, time);
    }

    public DrillTime Time { get; }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Location { get; }

    public LocalServiceBus Bus { get; }

    public DrillWitness Witness { get; }

    public Database Database => hub.Database;

    public string DatabaseFile => Path.Combine(folder.FullName, "notificationhub.db");

    public static async Task<DrillScene> StartAsync(CancellationToken cancellationToken)
    {
        var time = new DrillTime();
        var scene = new DrillScene(
            time,
            await SimulatedApple.StartAsync(
                new SimulatedAppleOptions
                {
                    TimeProvider = time.Clock,
                    Delivery = new SimulatedDeliveryOptions { AttemptTimeout = TimeSpan.FromMinutes(5) },
                },
                cancellationToken
            ),
            await LocalServiceBus.StartAsync(
                new LocalServiceBusOptions { TimeProvider = time.Clock },
                cancellationToken
            )
        );
        try
        {
            await scene.StartHubAsync(cancellationToken);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Apps go to devices, licences are bought, a user is made: Apple has something to notify of.</summary>
    public async Task WorkAsync(CancellationToken cancellationToken)
    {
        var app = Apps[rounds % Apps.Length];
        var first = rounds * DevicesAtOnce;
        string[] devices =
        [
            .. Enumerable
                .Range(first, DevicesAtOnce)
                .Select(device => string.Create(CultureInfo.InvariantCulture, $"C02{device:X9}")),
        ];
        rounds++;
        await Time.DuringAsync(Location.AssociateAsync([app], devices), cancellationToken);
        Location.ChangeAssetCount(app, DevicesAtOnce);
        var user = new UserRequest($"user-{rounds}", $"user-{rounds}@example.com");
        await Time.DuringAsync(Location.CreateUsersAsync(user), cancellationToken);
    }

    /// <summary>Some work, and Apple's posts for it answered.</summary>
    public async Task WorkUntilAnsweredAsync(CancellationToken cancellationToken)
    {
        await WorkAsync(cancellationToken);
        await Time.UntilAsync(
            () => Task.FromResult(Apple.Posts is var posts && posts.Answered == posts.Copies),
            "all posts are answered",
            cancellationToken
        );
    }

    /// <summary>Work spread over the time in which something is broken.</summary>
    public async Task WorkForAsync(TimeSpan span, CancellationToken cancellationToken)
    {
        const int Times = 6;
        for (var n = 0; n < Times; n++)
        {
            await Time.PassAsync(span / Times, cancellationToken);
            await WorkUntilAnsweredAsync(cancellationToken);
        }
    }

    public Task UntilReasonAsync(string text, CancellationToken cancellationToken) =>
        Time.UntilAsync(
            () => Witness.HasReasonAsync(text, cancellationToken),
            $"health says: {text}",
            cancellationToken
        );

    /// <summary>Metrics follow what happens some seconds later.</summary>
    public async Task UntilMetricAsync(string metric, double value, CancellationToken cancellationToken)
    {
        await Time.UntilAsync(
            () => Task.FromResult(Witness.Measure(metric).Equals(value)),
            $"{metric} becomes {value}",
            cancellationToken
        );
        Witness.Metric(metric);
    }

    /// <summary>Lets time pass until nothing waits and the hub calls itself healthy.</summary>
    public Task UntilWellAsync(CancellationToken cancellationToken) =>
        Time.UntilAsync(() => IsWellAsync(cancellationToken), "all is well", cancellationToken);

    /// <summary>What an operator does at the admin API, as <c>locations renew</c> does it.</summary>
    public async Task RenewContentTokenAsync(CancellationToken cancellationToken)
    {
        Location.IssueContentToken(Time.Clock.GetUtcNow().AddYears(1));
        using var answer = await Time.DuringAsync(
            http.PostAsJsonAsync(
                $"/admin/locations/{locationId}/renew",
                new { contentToken = Location.ContentTokenFile },
                cancellationToken
            ),
            cancellationToken
        );
        answer.EnsureSuccessStatusCode();
    }

    public async ValueTask DisposeAsync()
    {
        if (hub is not null)
        {
            await hub.DisposeAsync();
        }

        await Apple.DisposeAsync();
        await Bus.DisposeAsync();
        http.Dispose();
        meters.Dispose();
        Time.Dispose();
        folder.Delete(recursive: true);
    }

    private async Task StartHubAsync(CancellationToken cancellationToken)
    {
        foreach (var app in Apps)
        {
            Location.AddAsset(app, total: 100_000);
        }

        hub = await RunningHub.StartAsync(
            folder.FullName,
            Apple,
            Bus,
            RunOnVirtualTime,
            cancellationToken,
            "--Logging:LogLevel:Default=None",
            // Time passes in steps of up to a minute: what is shorter could run out within one.
            "--Storage:LeaseDuration=00:05:00",
            "--ServiceBus:SendTimeout=00:02:00",
            // Of the machine's time.
            "--Storage:BusyTimeout=00:00:00.02"
        );
        http.BaseAddress = hub.Url;
        Time.Written = WriteNothingAsync;
        locationId = await Time.DuringAsync(hub.RegisterAsync(Location, cancellationToken), cancellationToken);
        Witness.LocationId = locationId;
        await WorkAsync(cancellationToken);
        await UntilWellAsync(cancellationToken);
        await Witness.PassOverEventsAsync(cancellationToken);
        Witness.Did("a location is registered and imported; Apple posts; nothing is wrong");
        Witness.Answers();
        await Witness.HealthAsync(cancellationToken);
    }

    private async Task WriteNothingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Database.WriteAsync(_ => Task.CompletedTask, cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // That it is refused is what some drills are for.
        }
    }

    private void RunOnVirtualTime(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TimeProvider>(Time.Clock);
        // Virtual time passes in steps of up to a minute.
        builder.Services.AddSingleton(new ReplicaTimings { Timeout = TimeSpan.FromMinutes(5) });
        builder.Services.AddSingleton<Database>(services => new VirtualDatabase(
            services.GetRequiredService<IOptions<StorageOptions>>().Value,
            Time.Clock
        ));
    }

    private async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        if (
            Apple.Posts is var posts && posts.Answered + posts.GaveUp < posts.Copies
            || (await Witness.DetailAsync(cancellationToken)).GetProperty("status").GetString() != "healthy"
        )
        {
            return false;
        }

        await using var connection = await Database.OpenReaderAsync(cancellationToken);
        var imported = await connection.ExecuteScalarAsync<long>(
            "select count(*) from full_sync where imported_at is not null and start_number is null"
        );
        return imported > 0
            && imported == await connection.ExecuteScalarAsync<long>("select count(*) from full_sync")
            && (await HubCounts.ReadAsync(Database, cancellationToken)).IsIdle;
    }
}
