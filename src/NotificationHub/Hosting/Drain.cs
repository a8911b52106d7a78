using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotificationHub.Hosting;

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
