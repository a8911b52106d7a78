using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Asks Apple for operations that have fallen silent, location by location, some locations at a time.</summary>
internal sealed partial class EventStatusPoller(
    Database database,
    EventStatusPoll inquiry,
    LocationSessions sessions,
    TimeProvider time,
    ILogger<EventStatusPoller> logger
)
{
    private const int ParallelLocations = 8;

    /// <summary>Questions for a location in one pass, so that a busy one lets the others have their turn.</summary>
    private const int QuestionsPerLocation = 20;

    /// <returns>How many locations had something to ask for.</returns>
    public async Task<int> AskDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (!sessions.AreReady)
        {
            return 0;
        }

        IReadOnlyList<string> due;
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            due = await OperationStore.DueLocationsAsync(connection, Now);
        }

        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelLocations, CancellationToken = cancellationToken },
            async (locationId, token) => await AskAsync(locationId, lease, token)
        );
        return due.Count;
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private async Task AskAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            var (location, operations) = await ReadAsync(locationId, cancellationToken);
            if (location is not { ContentToken: not null } || !LocationStates.MayCallApple(location.State))
            {
                return;
            }

            var session = sessions.Open(location);
            foreach (var operation in operations)
            {
                var ask = new PollRequest(operation, location, session, lease);
                if (!await inquiry.AskAsync(ask, cancellationToken))
                {
                    return;
                }
            }
        }
        // A location that fails is retried, and must not block the others.
        catch (Exception exception)
            when (exception is not (LeaseLostException or OperationCanceledException or StorageUnavailableException))
        {
            Log.Broke(logger, locationId, exception);
        }
    }

    private async Task<(Location?, IReadOnlyList<Operation>)> ReadAsync(
        string locationId,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return (
            await LocationStore.FindAsync(connection, locationId),
            await OperationStore.ReadDueAsync(connection, locationId, Now, QuestionsPerLocation)
        );
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The operations of location {LocationId} cannot be asked for now.")]
        public static partial void Broke(ILogger logger, string locationId, Exception exception);
    }
}
