using Microsoft.Extensions.Options;
using NotificationHub.Health;
using NotificationHub.Hosting;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations;

internal static class LocationsSetup
{
    public static void AddLocations(this HubBuilder hub)
    {
        hub.AddApple();
        hub.AddOptions(LocationOptions.Section, new LocationOptionsValidator());
        hub.AddKeyRing();
        hub.Services.AddSingleton(services => new ContentTokenProtector(services.GetRequiredService<HubKeyRing>()));
        hub.AddRelayTargets();
        hub.Services.AddSingleton(new ReplicaTimings());
        hub.Services.AddSingleton<ReplicaBarrier>();
        hub.Services.AddSingleton<RegistrationStore>();
        hub.Services.AddSingleton<LocationConfiguration>();
        hub.Services.AddSingleton<LocationRegistration>();
        hub.Services.AddSingleton<LocationLocks>();
        hub.Services.AddSingleton<LocationApple>();
        hub.Services.AddSingleton<LocationCheck>();
        hub.Services.AddSingleton<LocationRotation>();
        hub.Services.AddSingleton<LocationTest>();
        hub.Services.AddSingleton<LocationRenewal>();
        hub.Services.AddSingleton<Deregistration>();
        hub.Services.AddSingleton<Restoration>();
        hub.Services.AddSingleton<TakeoverPlanner>();
        hub.Services.AddSingleton<RelayProof>();
        hub.Services.AddSingleton<LocationDataDeletion>();
        hub.Services.AddSingleton<LocationRemoval>();
        hub.Services.AddSingleton<LocationHealth>();
        hub.Services.AddSingleton<ILocationHealth>(services => services.GetRequiredService<LocationHealth>());
        hub.Services.AddSingleton<IStageStatus>(services => services.GetRequiredService<LocationHealth>());
        hub.Services.AddSingleton(LocationHealth.Gauge);
        // Each has its own loop: a slow Apple must not delay the retirement of secrets or the report of silence.
        hub.AddMonitor<ConfigurationMonitor>("locations", monitor => monitor.RunAsync);
        hub.AddMonitor<SecretLifecycle>("locations:secrets", lifecycle => lifecycle.RunAsync);
        hub.AddMonitor<OrphanedRegistrations>("locations:orphaned", orphaned => orphaned.RunAsync);
        hub.AddMonitor<SilenceMonitor>("locations:silence", monitor => monitor.RunAsync);
        hub.AddMonitor<RemovalPass>("locations:removals", removals => removals.RunAsync);
    }

    private static void AddRelayTargets(this HubBuilder hub)
    {
        var options = hub.AddOptions(RelayOptions.Section, new RelayOptionsValidator());
        var isDevelopment = hub.Environment.IsDevelopment();
        hub.Services.AddSingleton(services => new RelayClient(
            RelayClient.CreateHandler(options, isDevelopment),
            services.GetRequiredService<IOptions<RelayOptions>>(),
            services.GetRequiredService<TimeProvider>()
        ));
    }

    private static void AddMonitor<T>(
        this HubBuilder hub,
        string leaseName,
        Func<T, Func<Lease, CancellationToken, Task<bool>>> passOf
    )
        where T : class
    {
        hub.Services.AddSingleton<T>();
        hub.Services.AddWorker(services =>
            ActivatorUtilities.CreateInstance<LocationCheckWorker>(
                services,
                leaseName,
                passOf(services.GetRequiredService<T>())
            )
        );
    }
}

/// <summary>Runs one monitoring job for all locations, on one replica at a time.</summary>
/// <param name="pass">One pass; returns whether to run the next one at once.</param>
internal sealed class LocationCheckWorker(
    string leaseName,
    Func<Lease, CancellationToken, Task<bool>> pass,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<LocationCheckWorker> logger
) : LeasedWorker(leases, leaseName, time, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly TimeProvider time = time;

    protected override async Task RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!await pass(lease, cancellationToken))
            {
                await Task.Delay(Interval, time, cancellationToken);
            }
        }
    }
}
