using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace NotificationHub.Hosting;

/// <summary>
/// The time between the signal to stop and the end of listening. Whoever sends posts here learns meanwhile, from
/// <c>/health/ready</c> and from <c>Connection: close</c>, to send them elsewhere; every one is still answered.
/// </summary>
internal sealed partial class Drain(
    TimeSpan length,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<Drain> logger
) : IHostedLifecycleService, IHealthCheck
{
    private volatile bool begun;

    // The signal comes first; a host that stops itself comes here without one.
    public bool HasBegun => begun || lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>Runs before anything is stopped: the server listens and the stages work until it returns.</summary>
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
            "Told to stop: /health/ready says 503 from now on, and posts are taken for another {Length}."
        )]
        public static partial void Draining(ILogger logger, TimeSpan length);
    }
}
