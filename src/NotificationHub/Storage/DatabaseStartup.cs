using Microsoft.Extensions.Options;
using NotificationHub.Hosting;

namespace NotificationHub.Storage;

/// <summary>
/// Opens the database once the server listens, then starts the workers. While the database cannot be reached, it retries, and every
/// request but <c>/health/live</c> gets a 503.
/// </summary>
// A process that exits instead would leave Apple with the proxy's errors, and its restarts could outlast Apple's attempts.
internal sealed partial class DatabaseStartup(
    Database database,
    IOptions<StorageOptions> options,
    IServiceProvider services,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<DatabaseStartup> logger
) : IHostedLifecycleService
{
    /// <summary>The path of the liveness probe, which is answered without a database.</summary>
    public const string LivePath = "/health/live";

    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    private readonly Stack<IHostedService> started = [];
    private volatile bool isComplete;

    /// <summary>Whether the database is open, and every worker has started.</summary>
    public bool IsComplete => isComplete;

    /// <summary>Runs after the server has started.</summary>
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        for (var failures = 0; !await TryOpenAsync(failures, cancellationToken); failures++)
        {
            await Task.Delay(Pauses.PauseAfter(failures), time, cancellationToken);
        }

        foreach (var worker in services.GetWorkers())
        {
            started.Push(worker);
            await worker.StartAsync(cancellationToken);
            if (worker is BackgroundService { ExecuteTask: { } running })
            {
                _ = WatchAsync(worker, running);
            }
        }

        isComplete = true;
    }

    /// <summary>Stops the workers in reverse order, after the server.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        while (started.TryPop(out var worker))
        {
            try
            {
                await worker.StopAsync(cancellationToken);
            }
            catch (Exception exception)
            {
                Log.NotStopped(logger, worker.GetType().Name, exception);
            }
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> TryOpenAsync(int failures, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken);
            return true;
        }
        catch (Exception exception)
            when (exception is StorageUnavailableException or DatabaseOpenException { IsUnusable: false })
        {
            Log.NotOpened(logger, exception.Message, Pauses.PauseAfter(failures));
            return false;
        }
    }

    private Task OpenAsync(CancellationToken cancellationToken)
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

    // As the host does for the services that it starts itself.
    private async Task WatchAsync(IHostedService worker, Task running)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The hub stops.
        }
        catch (Exception exception)
        {
            Log.Ended(logger, worker.GetType().Name, exception);
            lifetime.StopApplication();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not open the database; responding 503 to deliveries. Will retry in {Pause}. {Error}"
        )]
        public static partial void NotOpened(ILogger logger, string error, TimeSpan pause);

        [LoggerMessage(LogLevel.Critical, "The worker {Worker} failed; the hub stops.")]
        public static partial void Ended(ILogger logger, string worker, Exception exception);

        [LoggerMessage(LogLevel.Error, "The worker {Worker} did not stop cleanly.")]
        public static partial void NotStopped(ILogger logger, string worker, Exception exception);
    }
}
