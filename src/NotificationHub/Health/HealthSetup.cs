using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using NotificationHub.Hosting;

namespace NotificationHub.Health;

internal static class HealthSetup
{
    /// <summary>The checks that decide whether posts are to be sent here. Service Bus and Apple have no say: the logs wait for them.</summary>
    public const string Ready = "ready";

    public static void AddHealth(this HubBuilder hub)
    {
        hub.AddOptions(HealthOptions.Section, new HealthOptionsValidator());
        hub.Services.AddSingleton<DatabaseReadiness>();
        hub.Services.AddHealthChecks()
            .AddCheck<DatabaseReadiness>("database", tags: [Ready])
            .AddCheck<Drain>("stop", tags: [Ready]);
        // It would log an error for each question that anybody asks; the checks themselves tell what is news.
        hub.Host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        hub.Services.AddSingleton<StageReader>();
        hub.Services.AddSingleton<StallDetector>();
        hub.Services.AddHostedService<StageMonitor>();
        hub.Services.AddSingleton<DatabaseGauges>();
        hub.Services.AddHostedService(services => services.GetRequiredService<DatabaseGauges>());
        hub.Services.AddSingleton<HealthExamination>();
    }

    /// <summary>What probes ask: a status code and one word, for anybody.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks("/health/live", new HealthCheckOptions { Predicate = _ => false }).ShortCircuit();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) })
            .ServeOn(ListenerRoutes.Admin)
            .ShortCircuit();
    }

    public static void MapHealthDetail(this IEndpointRouteBuilder admin) =>
        admin
            .MapGet(
                "/health/detail",
                async (HealthExamination examination, CancellationToken cancellationToken) =>
                    TypedResults.Ok(await examination.RunAsync(cancellationToken))
            )
            .WithTags("Health")
            .WithSummary("How the hub fares: each stage, each topic and each location in trouble, why and since when.");
}
