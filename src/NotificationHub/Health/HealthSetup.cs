using FluentValidation;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Health;

internal sealed class HealthOptions
{
    public const string Section = "Health";

    /// <summary>How long a stage with pending work may make no progress before it counts as stalled.</summary>
    public TimeSpan StallThreshold { get; set; } = TimeSpan.FromMinutes(5);
}

internal sealed class HealthOptionsValidator : AbstractValidator<HealthOptions>
{
    public HealthOptionsValidator() =>
        RuleFor(options => options.StallThreshold)
            .InclusiveBetween(TimeSpan.FromSeconds(30), TimeSpan.FromDays(1))
            .WithMessage("must be between 30 seconds and 1 day");
}

internal static class HealthSetup
{
    // Only the database and shutdown decide readiness: while Service Bus or Apple is down, deliveries wait in the logs.
    public const string Ready = "ready";

    public static void AddHealth(this HubBuilder hub)
    {
        hub.AddOptions(HealthOptions.Section, new HealthOptionsValidator());
        hub.Services.AddSingleton<DatabaseReadiness>();
        hub.Services.AddHealthChecks()
            .AddCheck<DatabaseReadiness>("database", tags: [Ready])
            .AddCheck<Drain>("stop", tags: [Ready]);
        // The framework would log an error for each probe; the checks log changes themselves.
        hub.Host.Logging.AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        hub.Services.AddSingleton<StallDetector>();
        hub.Services.AddSingleton<StageStatusReader>();
        hub.Services.AddWorker<StageMonitor>();
        hub.Services.AddWorker<DatabaseGauges>();
        hub.Services.AddSingleton<HealthDetailReader>();
    }

    /// <summary>Maps the endpoints for probes, which need no credential.</summary>
    public static void MapHealth(this WebApplication app)
    {
        app.MapHealthChecks(DatabaseStartup.LivePath, new HealthCheckOptions { Predicate = _ => false }).ShortCircuit();
        app.MapHealthChecks("/health/ready", new HealthCheckOptions { Predicate = check => check.Tags.Contains(Ready) })
            .ServeOn(ListenerRoutes.Admin)
            .ShortCircuit();
    }

    public static void MapHealthDetail(this IEndpointRouteBuilder admin) =>
        admin
            .MapGet(
                "/health/detail",
                async (HealthDetailReader reader, CancellationToken cancellationToken) =>
                    TypedResults.Ok(await reader.ReadAsync(cancellationToken))
            )
            .WithTags("Health")
            .WithSummary("The health of each stage and topic, and the locations that need attention, with reasons.");
}
