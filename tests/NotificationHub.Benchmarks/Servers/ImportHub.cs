using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Refetch;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>The hub with its default settings and without a location.</summary>
internal static class ImportHub
{
    /// <summary>Requests per second that no hub reaches.</summary>
    public const int NoLimit = 1_000_000;

    /// <param name="rate">Requests per second of a full sync; 0 lifts the hub's limits.</param>
    public static WebApplication Build(string appleUrl, string serviceBus, string rate)
    {
        var app = HubApplication.Build([
            "--urls=http://127.0.0.1:0",
            // Opens the admin API for this machine.
            "--environment=Development",
            "--Logging:LogLevel:Default=Warning",
            // Standard output is for the server's responses.
            "--Logging:Console:LogToStandardErrorThreshold=Trace",
            $"--Apple:BaseUrl={appleUrl}",
            $"--ServiceBus:ConnectionString={serviceBus}",
        ]);
        var perSecond = double.Parse(rate, CultureInfo.InvariantCulture);
        if (perSecond == 0)
        {
            // The settings' own limits protect Apple; here, Apple is simulated.
            app.Services.GetRequiredService<IOptions<RefetchOptions>>().Value.RequestsPerSecond = NoLimit;
            perSecond = NoLimit;
        }

        app.Services.GetRequiredService<IOptions<FullSyncOptions>>().Value.RequestsPerSecond = perSecond;
        return app;
    }
}
