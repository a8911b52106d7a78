using FluentValidation;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Net.Http.Headers;

namespace NotificationHub.Hosting;

internal sealed class HostingOptions
{
    public const string Section = "Hosting";

    /// <summary>
    /// How long the hub still accepts deliveries after SIGTERM while <c>/health/ready</c> returns 503, so that the load balancer can use
    /// another replica. Null: 20 seconds, and none in Development.
    /// </summary>
    public TimeSpan? DrainDelay { get; set; }
}

internal sealed class HostingOptionsValidator : AbstractValidator<HostingOptions>
{
    public HostingOptionsValidator() =>
        RuleFor(options => options.DrainDelay)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(5))
            .WithMessage("must be between 0 and 5 minutes");
}

internal static class DrainSetup
{
    // The longest that the readiness probe of infra/bicep takes to remove a replica; a test compares both.
    public static readonly TimeSpan DefaultLength = TimeSpan.FromSeconds(20);

    /// <summary>The time limit after the drain for requests in progress, then for the stages.</summary>
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(30);

    public static void AddDrain(this HubBuilder hub)
    {
        var options = hub.AddOptions(HostingOptions.Section, new HostingOptionsValidator());
        var length = options.DrainDelay ?? (hub.Environment.IsDevelopment() ? TimeSpan.Zero : DefaultLength);
        hub.Services.AddSingleton(services => ActivatorUtilities.CreateInstance<Drain>(services, length));
        hub.Services.AddHostedService(services => services.GetRequiredService<Drain>());
        hub.Services.Configure<HostOptions>(host => host.ShutdownTimeout = length + LongestStop);
        hub.Services.AddSingleton<IStartupFilter>(services =>
        {
            var drain = services.GetRequiredService<Drain>();
            // Closing idle connections instead could lose a delivery that is already on its way.
            return new BeforeRouting(next =>
                context =>
                {
                    if (drain.HasBegun && HttpProtocol.IsHttp11(context.Request.Protocol))
                    {
                        context.Response.Headers[HeaderNames.Connection] = "close";
                    }

                    return next(context);
                }
            );
        });
    }
}

/// <summary>
/// Delays a shutdown so that senders can move to another replica: <c>/health/ready</c> fails and responses carry
/// <c>Connection: close</c>, but the hub still processes every request.
/// </summary>
internal sealed partial class Drain(
    TimeSpan length,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<Drain> logger
) : IHostedLifecycleService, IHealthCheck
{
    private volatile bool begun;

    // A host that stops itself calls StoppingAsync without the signal.
    public bool HasBegun => begun || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Runs before any service stops: the server listens and the stages work until it returns.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        begun = true;
        if (length > TimeSpan.Zero)
        {
            Log.Draining(logger, length);
            await Task.Delay(length, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            HasBegun ? HealthCheckResult.Unhealthy("this replica is stopping") : HealthCheckResult.Healthy()
        );

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "Shutting down: /health/ready returns 503; notifications are accepted for another {Length}."
        )]
        public static partial void Draining(ILogger logger, TimeSpan length);
    }
}
