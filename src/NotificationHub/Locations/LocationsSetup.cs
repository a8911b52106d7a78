using NotificationHub.Hosting;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations;

internal static class LocationsSetup
{
    /// <summary>Locations, their secrets and content tokens, and how they are registered at Apple.</summary>
    public static void AddLocations(this HubBuilder hub)
    {
        hub.AddApple();
        hub.AddOptions(LocationOptions.Section, new LocationOptionsValidator());
        hub.AddKeyRing();
        hub.Services.AddSingleton(new ReplicaTimings());
        hub.Services.AddSingleton<ReplicaBarrier>();
        hub.Services.AddSingleton<RegistrationStore>();
        hub.Services.AddSingleton<LocationConfiguration>();
        hub.Services.AddSingleton<LocationRegistration>();
        hub.Services.AddSingleton<ReceiveOnlyRegistration>();
        hub.Services.AddSingleton<LocationLocks>();
        hub.Services.AddSingleton<LocationApple>();
        hub.Services.AddSingleton<LocationCheck>();
        hub.AddOperations();
        hub.AddWatch();
    }

    private static void AddOperations(this HubBuilder hub)
    {
        hub.Services.AddSingleton<LocationOpener>();
        hub.Services.AddSingleton<LocationDescription>();
        hub.Services.AddSingleton<LocationVerification>();
        hub.Services.AddSingleton<SecretRotation>();
        hub.Services.AddSingleton<LocationRotation>();
        hub.Services.AddSingleton<LocationTest>();
        hub.Services.AddSingleton<LocationRenewal>();
        hub.Services.AddSingleton<Deregistration>();
        hub.Services.AddSingleton<LocationDataDeletion>();
        hub.Services.AddSingleton<LocationRemoval>();
    }

    private static void AddWatch(this HubBuilder hub)
    {
        hub.AddWatch<ConfigurationMonitor>("locations", watch => watch.RunAsync);
        hub.AddWatch<SecretLifecycle>("locations:secrets", upkeep => upkeep.RunAsync);
        hub.AddWatch<OrphanedRegistrations>("locations:abandoned", abandoned => abandoned.RunAsync);
        hub.AddWatch<SilenceMonitor>("locations:silence", watch => watch.RunAsync);
        hub.AddWatch<RemovalPass>("locations:removals", removals => removals.RunAsync);
    }

    private static void AddWatch<T>(
        this HubBuilder hub,
        string name,
        Func<T, Func<Lease, CancellationToken, Task<bool>>> passOf
    )
        where T : class
    {
        hub.Services.AddSingleton<T>();
        hub.Services.AddSingleton<IHostedService>(services =>
            ActivatorUtilities.CreateInstance<LocationCheckWorker>(
                services,
                name,
                passOf(services.GetRequiredService<T>())
            )
        );
    }
}
