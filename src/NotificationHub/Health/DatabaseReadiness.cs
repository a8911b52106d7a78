using Dapper;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

/// <summary>
/// Whether the database can be read, and written in time. An answer holds for a second and there is one question at a time, so
/// that strangers who ask cause no more work than one probe does.
/// </summary>
internal sealed partial class DatabaseReadiness(
    Database database,
    LeaseKeeper leases,
    TimeProvider time,
    ILogger<DatabaseReadiness> logger
) : IHealthCheck
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>As large as most posts are, with the events that come of them.</summary>
    private static readonly string Room = new('x', 16 * 1024);

    private readonly Lock gate = new();
    private Task<HealthCheckResult>? latest;
    private Task? exercise;
    private long answeredAt;
    private string? known;

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        lock (gate)
        {
            if (latest is null || (latest.IsCompleted && time.GetElapsedTime(answeredAt) >= Freshness))
            {
                latest = AskAsync();
            }

            return latest.WaitAsync(cancellationToken);
        }
    }

    private async Task<HealthCheckResult> AskAsync()
    {
        var fault = await FindFaultAsync();
        Report(fault);
        answeredAt = time.GetTimestamp();
        return fault is null ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(fault);
    }

    private async Task<string?> FindFaultAsync()
    {
        try
        {
            // One that hangs is waited for again: questions must not pile up in the lane.
            exercise = exercise is { IsCompleted: false } ? exercise : Task.Run(ExerciseAsync);
            await exercise.WaitAsync(Patience, time);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the database did not take a transaction within {Patience.TotalSeconds} seconds";
        }
        // Any failure means that the database cannot be read and written.
        catch (Exception exception)
        {
            return $"the database cannot be used: {exception.Message}";
        }
    }

    private async Task ExerciseAsync()
    {
        await using (var connection = await database.OpenReaderAsync(CancellationToken.None))
        {
            await connection.ExecuteScalarAsync<long>("select value from change_counter where name = 'locations'");
        }

        await FindRoomAsync();
        // This replica's own row, as it was: it goes through the lane and to the disk like any other write, and nobody waits for it.
        await database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "update replica set seen_at = seen_at where replica_id = @Owner",
                    new { leases.Owner }
                ),
            CancellationToken.None
        );
    }

    /// <summary>What is written over takes no room: where a disk or a quota is full, it would say that all is well while no post is kept.</summary>
    private async Task FindRoomAsync()
    {
        try
        {
            await database.WriteAsync(InsertAsync, CancellationToken.None);
        }
        catch (RoomFoundException)
        {
            // There is room, and nothing stays in it.
        }
    }

    private async Task InsertAsync(WriteTransaction transaction)
    {
        await transaction.ExecuteAsync(
            """
            insert into snapshot (location_id, kind, "key", data, read_number, revision, changed_at)
            values ('', 'room', @Owner, @Room, 0, 0, 0)
            """,
            new { leases.Owner, Room }
        );
        throw new RoomFoundException();
    }

    private void Report(string? fault)
    {
        if (fault is not null && known is null)
        {
            Log.NotReady(logger, fault);
        }
        else if (fault is null && known is not null)
        {
            Log.ReadyAgain(logger);
        }

        known = fault;
    }

    private sealed class RoomFoundException : Exception;

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Not ready, so that posts are sent elsewhere: {Fault}")]
        public static partial void NotReady(ILogger logger, string fault);

        [LoggerMessage(LogLevel.Information, "Ready again: the database can be read and written.")]
        public static partial void ReadyAgain(ILogger logger);
    }
}
