using System.Diagnostics.Metrics;
using Azure.Core;
using Microsoft.Data.SqlClient;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Storage.SqlServer;
using ResponseHeaders = NotificationHub.Hosting.ResponseHeaders;

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
        hub.AddDatabaseStartup();
        hub.Services.AddSingleton<LeaseKeeper>();
        hub.Services.AddSingleton<TrustedClock>();
        hub.Services.AddSingleton<AuditTrail>();
        hub.Services.AddWorker(services => services.GetRequiredService<LeaseKeeper>());
    }

    public static Database Create(StorageOptions options, TimeProvider time, IMeterFactory? meters = null)
    {
        var metrics = meters is null ? null : new StorageMetrics(meters);
        return options.IsSqlServer
            ? new SqlServerDatabase(options, time, metrics: metrics)
            : new SqliteDatabase(options, metrics: metrics);
    }

    private static void AddDatabaseStartup(this HubBuilder hub)
    {
        hub.Services.AddSingleton<DatabaseStartup>();
        hub.Services.AddHostedService(services => services.GetRequiredService<DatabaseStartup>());
        hub.Services.AddSingleton<IStartupFilter>(services =>
        {
            var startup = services.GetRequiredService<DatabaseStartup>();
            return new BeforeRouting(next =>
                context =>
                    startup.IsComplete
                    || context.Request.Path.Equals(DatabaseStartup.LivePath, StringComparison.Ordinal)
                        ? next(context)
                        : RespondStartingAsync(context.Response)
            );
        });
    }

    private static Task RespondStartingAsync(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        response.Headers.RetryAfter = ResponseHeaders.RetryAfter;
        return response.WriteAsync(
            "The hub is starting: it has not opened its database yet.",
            response.HttpContext.RequestAborted
        );
    }

    private static bool UsesEntra(StorageOptions options) =>
        options.IsSqlServer
        && EntraProvider.IsSupportedMethod(new SqlConnectionStringBuilder(options.ConnectionString).Authentication);
}
