using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

// Checks that the database can be read, and written in time. The result is cached for a second and checks never run at the same time, so
// many unauthenticated probes cause no more work than one.
internal sealed partial class DatabaseReadiness(
    Database database,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<DatabaseReadiness> logger
) : IHealthCheck
{
    // Probes must wait longer, or they fail for a database that is only slow.
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    // The size of most notifications with their events.
    private static readonly string Padding = new('x', 16 * 1024);

    private readonly Lock gate = new();
    private Task<HealthCheckResult>? latest;
    private Task? attempt;
    private long checkedAt;
    private string? lastError;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        lock (gate)
        {
            if (latest is null || (latest.IsCompleted && time.GetElapsedTime(checkedAt) >= Freshness))
            {
                latest = CheckAsync();
            }

            return latest.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthCheckResult> CheckAsync()
    {
        var error = await FindErrorAsync();
        Report(error);
        checkedAt = time.GetTimestamp();
        return error is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(error);
    }

    private async Task<string?> FindErrorAsync()
    {
        try
        {
            // Continues to wait for an attempt that hangs: attempts must not pile up in the write queue.
            attempt = attempt is { IsCompleted: false } ? attempt : Task.Run(ReadAndWriteAsync);
            await attempt.WaitAsync(Timeout, time);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the database did not take a transaction within {Timeout.TotalSeconds} seconds";
        }
        // Any failure means that the database cannot be read and written.
        catch (Exception exception)
        {
            return $"the database cannot be used: {exception.Message}";
        }
    }

    private async Task ReadAndWriteAsync()
    {
        await database.ScalarAsync<long>(
            "select value from change_counter where name = 'locations'",
            null,
            CancellationToken.None
        );
        await database.WriteAsync(InsertAndDeleteAsync, CancellationToken.None);
    }

    // Overwriting a row needs no space, so it would succeed on a full disk, where no notification can be stored.
    private async Task InsertAndDeleteAsync(WriteTransaction transaction)
    {
        await transaction.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
            values ('', 'space', @Owner, @Padding, 0, 0, 0)
            """,
            new { leases.Owner, Padding }
        );
        await transaction.ExecuteAsync(
            """delete from snapshot where location_id = '' and kind = 'space' and "key" = @Owner""",
            new { leases.Owner }
        );
    }

    private void Report(string? error)
    {
        if (error is not null && lastError is null)
        {
            Log.NotReady(logger, error);
        }
        else if (error is null && lastError is not null)
        {
            Log.ReadyAgain(logger);
        }

        lastError = error;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Not ready: /health/ready returns 503. {Error}")]
        public static partial void NotReady(ILogger logger, string error);

        [LoggerMessage(LogLevel.Information, "Ready again: the database can be read and written.")]
        public static partial void ReadyAgain(ILogger logger);
    }
}
