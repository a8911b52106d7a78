using System.Diagnostics.Metrics;
using Azure.Core;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Storage;

internal static class StorageSetup
{
    public static void AddStorage(this HubBuilder hub)
    {
        hub.AddOptions(StorageOptions.Section, new StorageOptionsValidator());
        // On SQLite, the database uses the machine's clock.
        hub.Services.TryAddSingleton<TimeProvider>(services =>
            services.GetRequiredService<IOptions<StorageOptions>>().Value.IsSqlServer
                ? new DatabaseTime(TimeProvider.System)
                : TimeProvider.System
        );
        hub.Services.AddSingleton(services =>
        {
            var options = services.GetRequiredService<IOptions<StorageOptions>>().Value;
            // Before the first connection of the hub or a command.
            if (UsesEntra(options))
            {
                EntraProvider.Register(services.GetRequiredService<TokenCredential>());
            }

            return Create(
                options,
                services.GetRequiredService<TimeProvider>(),
                services.GetRequiredService<IMeterFactory>()
            );
        });
        hub.Services.AddSingleton(services => services.GetRequiredService<Database>().Signals);
        hub.Services.AddHostedService<DatabaseStartup>();
        hub.Services.AddSingleton<LeaseKeeper>();
        hub.Services.AddSingleton<TrustedClock>();
        hub.Services.AddHostedService(services => services.GetRequiredService<LeaseKeeper>());
    }

    public static Database Create(StorageOptions options, TimeProvider time, IMeterFactory? meters = null)
    {
        var metrics = meters is null ? null : new StorageMetrics(meters);
        return options.IsSqlServer
            ? new SqlServerDatabase(options, time, metrics: metrics)
            : new SqliteDatabase(options, metrics: metrics);
    }

    private static bool UsesEntra(StorageOptions options) =>
        options.IsSqlServer
        && EntraProvider.IsSupportedMethod(new SqlConnectionStringBuilder(options.ConnectionString).Authentication);

    // Opens the database before any stage starts. A hub without a database does not start.
    private sealed class DatabaseStartup(Database database, IOptions<StorageOptions> options) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            if (options.Value.MigrateOnStart)
            {
                return database.OpenAsync(cancellationToken);
            }

            return database.Exists
                ? database.OpenBesideAsync(cancellationToken)
                : throw new SchemaException(
                    $"There is no database at {database.DisplayName}, and Storage:MigrateOnStart is false. Run `migrate` to create it."
                );
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
