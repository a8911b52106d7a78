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
using NotificationHub.Simulator.Apple.Events;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.Storage;

namespace NotificationHub.Drill;

/// <summary>A complete hub with one imported location, between Apple and the bus, on a clock that the drill moves.</summary>
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
        Journal = new DrillJournal(http, apple, meters, time);
    }

    public DrillTime Time { get; }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Location { get; }

    public LocalServiceBus Bus { get; }

    public DrillJournal Journal { get; }

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

    /// <summary>Assigns apps to devices, buys licenses and creates a user, so that Apple sends notifications.</summary>
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

    public async Task WorkUntilAnsweredAsync(CancellationToken cancellationToken)
    {
        await WorkAsync(cancellationToken);
        await Time.UntilAsync(
            () => Task.FromResult(Apple.DeliveryCounts is var deliveries && deliveries.Answered == deliveries.Copies),
            "all deliveries are answered",
            cancellationToken
        );
    }

    /// <summary>Spreads work over the time of an outage.</summary>
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
            () => Journal.HasReasonAsync(text, cancellationToken),
            $"health reports: {text}",
            cancellationToken
        );

    // Metrics follow some seconds after the event that they measure.
    public async Task UntilMetricAsync(string metric, double value, CancellationToken cancellationToken)
    {
        await Time.UntilAsync(
            () => Task.FromResult(Journal.Measure(metric).Equals(value)),
            $"{metric} becomes {value}",
            cancellationToken
        );
        Journal.RecordMetric(metric);
    }

    public Task UntilHealthyAsync(CancellationToken cancellationToken) =>
        Time.UntilAsync(() => IsHealthyAsync(cancellationToken), "the hub is healthy and idle", cancellationToken);

    /// <summary>Calls the admin API like <c>locations renew-token</c>.</summary>
    public async Task RenewContentTokenAsync(CancellationToken cancellationToken)
    {
        Location.IssueContentToken(Time.Clock.GetUtcNow().AddYears(1));
        using var response = await Time.DuringAsync(
            http.PostAsJsonAsync(
                $"/admin/locations/{locationId}/renew-token",
                new { contentToken = Location.ContentTokenFile },
                cancellationToken
            ),
            cancellationToken
        );
        response.EnsureSuccessStatusCode();
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
            // Time passes in steps of up to a minute: a shorter limit could elapse within one step.
            "--Storage:LeaseDuration=00:05:00",
            "--ServiceBus:SendTimeout=00:02:00",
            // In real time.
            "--Storage:LockTimeout=00:00:00.02"
        );
        http.BaseAddress = hub.Url;
        Time.WritesCompleted = WriteNothingAsync;
        locationId = await Time.DuringAsync(
            hub.RegisterAsync(Location, relay: false, cancellationToken),
            cancellationToken
        );
        Journal.LocationId = locationId;
        await WorkAsync(cancellationToken);
        await UntilHealthyAsync(cancellationToken);
        await Journal.SkipEventsAsync(cancellationToken);
        Journal.Action("a location is registered and imported; Apple delivers notifications; all is healthy");
        Journal.RecordResponses();
        await Journal.RecordHealthAsync(cancellationToken);
    }

    private async Task WriteNothingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Database.WriteAsync(_ => Task.CompletedTask, cancellationToken);
        }
        catch (StorageUnavailableException)
        {
            // Some drills make writes fail.
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

    private async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        if (
            Apple.DeliveryCounts is var deliveries && deliveries.Answered + deliveries.Abandoned < deliveries.Copies
            || (await Journal.ReadDetailAsync(cancellationToken)).GetProperty("status").GetString() != "healthy"
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
