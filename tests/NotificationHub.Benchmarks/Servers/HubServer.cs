using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.Hosting;
using NotificationHub.Retention;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>
/// The hub with its default settings and one location. The location's content token counts as expired: routing writes
/// refetch targets, but the hub does not call Apple.
/// </summary>
internal static class HubServer
{
    public const string LocationId = "benchmark";
    public const string Path = $"/notifications/{LocationId}";

    // The uId in the load's bodies.
    public const string UId = "2049025000431439";

    public static WebApplication Build(string token, string serviceBus, string[] settings)
    {
        var app = HubApplication.Build([
            "--urls=http://127.0.0.1:0",
            "--Logging:LogLevel:Default=Warning",
            // Standard output is for the server's responses.
            "--Logging:Console:LogToStandardErrorThreshold=Trace",
            // One location stands for all, so its rate limit must not be what is measured.
            string.Create(CultureInfo.InvariantCulture, $"--Intake:DeliveriesPerSecondPerLocation={10_000_000}"),
            $"--ServiceBus:ConnectionString={serviceBus}",
            .. settings,
        ]);
        app.Lifetime.ApplicationStarted.Register(() =>
            AddLocationAsync(app.Services.GetRequiredService<Database>(), token).GetAwaiter().GetResult()
        );
        return app;
    }

    /// <summary>Handles <c>keep TIME</c>: how long retention keeps routed and published rows. It takes effect at once.</summary>
    public static async Task ExecuteAsync(WebApplication app, string command)
    {
        var keep = TimeSpan.Parse(command["keep ".Length..], CultureInfo.InvariantCulture);
        var options = app.Services.GetRequiredService<IOptions<RetentionOptions>>().Value;
        (options.Events, options.Notifications) = (keep, keep);
        var worker = app.Services.GetWorker<RetentionWorker>();
        await worker.StopAsync(CancellationToken.None);
        await worker.StartAsync(CancellationToken.None);
    }

    private static Task AddLocationAsync(Database database, string token) =>
        database.WriteAsync(
            async transaction =>
            {
                if (await transaction.ScalarAsync<long>("select count(*) from location") > 0)
                {
                    return;
                }

                await transaction.ExecuteAsync(
                    """
                    insert into location
                        (location_id, u_id, state, state_since, receive_only, content_token, read_number, created_at)
                    values (@LocationId, @UId, 'expired', 0, 0, @contentToken, 0, 0)
                    """,
                    new
                    {
                        LocationId,
                        UId,
                        contentToken = Array.Empty<byte>(),
                    }
                );
                await transaction.ExecuteAsync(
                    "insert into notification_secret (location_id, sha256, state, created_at) values (@LocationId, @digest, 'active', 0)",
                    new { LocationId, digest = SHA256.HashData(Encoding.UTF8.GetBytes(token)) }
                );
                await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
                transaction.OnCommit(transaction.Signals.LocationsChanged);
            },
            CancellationToken.None
        );
}
