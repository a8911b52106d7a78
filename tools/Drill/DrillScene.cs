using System.Globalization;
using Dapper;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
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
    private readonly DrillOptions options;
    private readonly CertificateAuthority authority;
    private HttpClient http = null!;
    private RunningHub hub = null!;
    private int rounds;

    private DrillScene(
        DrillOptions options,
        DrillTime time,
        CertificateAuthority authority,
        SimulatedApple apple,
        LocalServiceBus bus,
        Ingress ingress
    )
    {
        (this.options, this.authority) = (options, authority);
        (Time, Apple, Bus, Ingress) = (time, apple, bus, ingress);
        Location = apple.AddLocation();
        Journal = new DrillJournal(() => http, apple, meters, Log, time);
        Audit = new Audit(apple, Location, bus);
        Operator = new HubOperator(this, () => http);
    }

    public DrillTime Time { get; }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Location { get; }

    public LocalServiceBus Bus { get; }

    public Ingress Ingress { get; }

    public DatabaseServer DatabaseServer { get; } = new();

    public DrillJournal Journal { get; }

    public HubLog Log { get; } = new();

    public HubOperator Operator { get; }

    public Audit Audit { get; }

    /// <summary>The replica that this class started.</summary>
    public string? Replica { get; private set; }

    public Database Database => hub.Database;

    public IServiceProvider Services => hub.Services;

    /// <summary>Whether the hub has opened its database.</summary>
    public bool IsStarted => hub.Started.IsCompletedSuccessfully;

    public string DatabaseFile => Path.Combine(folder.FullName, "notificationhub.db");

    public static async Task<DrillScene> StartAsync(DrillOptions options, CancellationToken cancellationToken)
    {
        var time = new DrillTime();
        var authority = new CertificateAuthority(time.Clock);
        var scene = new DrillScene(
            options,
            time,
            authority,
            await SimulatedApple.StartAsync(
                new SimulatedAppleOptions
                {
                    TimeProvider = time.Clock,
                    Delivery = new SimulatedDeliveryOptions
                    {
                        AttemptTimeout = TimeSpan.FromMinutes(5),
                        CertificateValidation = authority.Verify,
                    },
                },
                cancellationToken
            ),
            await LocalServiceBus.StartAsync(
                new LocalServiceBusOptions
                {
                    TimeProvider = time.Clock,
                    MaxTopicBytes = options.MaxTopicBytes ?? new LocalServiceBusOptions().MaxTopicBytes,
                },
                cancellationToken
            ),
            await Ingress.StartAsync(
                options.UsesTls ? authority.Issue(CertificateAuthority.Lifetime) : null,
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

    /// <summary>Causes one notification.</summary>
    public void ChangeAsset() => Location.ChangeAssetCount(Apps[0], 1);

    public async Task WorkUntilAnsweredAsync(CancellationToken cancellationToken)
    {
        await WorkAsync(cancellationToken);
        await UntilAnsweredAsync(cancellationToken);
    }

    public Task UntilAnsweredAsync(CancellationToken cancellationToken) =>
        Time.UntilAsync(
            () => Task.FromResult(Apple.DeliveryCounts is var deliveries && deliveries.Answered == deliveries.Copies),
            "all deliveries are answered",
            cancellationToken
        );

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

    /// <summary>Twice in a row: the first check may precede the commit of work that is ending.</summary>
    public async Task UntilHealthyAsync(CancellationToken cancellationToken)
    {
        var times = 0;
        await Time.UntilAsync(
            async () => (times = await IsHealthyAsync(cancellationToken) ? times + 1 : 0) == 2,
            "the hub is healthy and idle",
            cancellationToken
        );
    }

    /// <summary>After a restart that the drill itself caused.</summary>
    public async Task RememberReplicaAsync(CancellationToken cancellationToken) =>
        Replica = await Journal.ReadReplicaAsync(cancellationToken);

    public void PresentCertificate(TimeSpan left) => Ingress.Present(authority.Issue(left));

    public Task<string> RequestFromOutsideAsync(CancellationToken cancellationToken) =>
        Ingress.RequestAsync("/health/live", authority, cancellationToken);

    /// <summary>Restarts the hub. It listens, but may not have opened its database.</summary>
    public async Task RestartHubAsync(CancellationToken cancellationToken)
    {
        Ingress.Hub = null;
        await hub.DisposeAsync();
        http.Dispose();
        await LaunchHubAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        DatabaseServer.Dispose();
        if (hub is not null)
        {
            await hub.DisposeAsync();
        }

        await Ingress.DisposeAsync();
        await Apple.DisposeAsync();
        await Bus.DisposeAsync();
        authority.Dispose();
        http?.Dispose();
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

        await LaunchHubAsync(cancellationToken);
        await hub.Started;
        await RememberReplicaAsync(cancellationToken);
        Time.WritesCompleted = WriteNothingAsync;
        Journal.LocationId = await Time.DuringAsync(
            hub.RegisterAsync(Location, relay: false, cancellationToken, Ingress.Url),
            cancellationToken
        );
        await WorkAsync(cancellationToken);
        await UntilHealthyAsync(cancellationToken);
        await Journal.SkipEventsAsync(cancellationToken);
        Journal.Action("a location is registered and imported; Apple delivers notifications; all is healthy");
        Journal.RecordResponses();
        await Journal.RecordHealthAsync(cancellationToken);
    }

    private async Task LaunchHubAsync(CancellationToken cancellationToken)
    {
        hub = await RunningHub.LaunchAsync(
            folder.FullName,
            Apple,
            Bus,
            RunOnVirtualTime,
            cancellationToken,
            [
                "--Logging:LogLevel:Default=None",
                $"--Logging:{HubLog.Name}:LogLevel:Default=Error",
                // Time passes in steps of up to a minute: a shorter limit could elapse within one step.
                "--Storage:LeaseDuration=00:05:00",
                "--ServiceBus:SendTimeout=00:02:00",
                // In real time.
                "--Storage:LockTimeout=00:00:00.02",
                .. options.Settings,
            ]
        );
        http = new HttpClient { BaseAddress = hub.Url };
        Ingress.Hub = hub.Url;
    }

    private async Task WriteNothingAsync(CancellationToken cancellationToken)
    {
        if (!IsStarted)
        {
            return;
        }

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
        builder.Logging.AddProvider(Log);
        builder.Services.AddSingleton<TimeProvider>(Time.Clock);
        builder.Services.AddSingleton(authority.Trust);
        // Virtual time passes in steps of up to a minute.
        builder.Services.AddSingleton(new ReplicaTimings { Timeout = TimeSpan.FromMinutes(5) });
        builder.Services.AddSingleton<Database>(services => new RemoteDatabase(
            services.GetRequiredService<IOptions<StorageOptions>>().Value,
            Time.Clock,
            DatabaseServer
        ));
    }

    private async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        if (
            !IsStarted
            || Apple.DeliveryCounts is var deliveries && deliveries.Answered + deliveries.Abandoned < deliveries.Copies
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
