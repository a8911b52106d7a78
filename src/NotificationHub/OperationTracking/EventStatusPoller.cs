using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.OperationTracking;

/// <summary>Polls due operations, several locations in parallel.</summary>
internal sealed partial class EventStatusPoller(
    Database database,
    EventStatusPoll poll,
    LocationSessions sessions,
    TimeProvider time,
    ILogger<EventStatusPoller> logger
)
{
    private const int ParallelLocations = 8;

    // Limited, so that a busy location does not delay the others.
    private const int PollsPerLocation = 20;

    public async Task<int> PollDueAsync(Lease lease, CancellationToken cancellationToken)
    {
        if (!sessions.AreReady)
        {
            return 0;
        }

        var due = await database.ReadAsync(
            connection => OperationStore.DueLocationsAsync(connection, Now),
            cancellationToken
        );
        await Parallel.ForEachAsync(
            due,
            new ParallelOptions { MaxDegreeOfParallelism = ParallelLocations, CancellationToken = cancellationToken },
            async (locationId, token) => await PollAsync(locationId, lease, token)
        );
        return due.Count;
    }

    private DateTimeOffset Now => time.GetStoredUtcNow();

    private async Task PollAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        try
        {
            var (location, operations) = await database.ReadAsync(
                async connection =>
                    (
                        await LocationStore.FindAsync(connection, locationId),
                        await OperationStore.ReadDueAsync(connection, locationId, Now, PollsPerLocation)
                    ),
                cancellationToken
            );
            if (location is not { ContentToken: not null } || !LocationStates.MayCallApple(location.State))
            {
                return;
            }

            var session = sessions.Open(location);
            foreach (var operation in operations)
            {
                var request = new PollRequest(operation, location, session, lease);
                if (!await poll.PollAsync(request, cancellationToken))
                {
                    return;
                }
            }
        }
        // A location that fails is retried, and must not block the others.
        catch (Exception exception)
            when (exception is not (LeaseLostException or OperationCanceledException or StorageUnavailableException))
        {
            Log.Failed(logger, locationId, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not poll the operations of location {LocationId}; will retry. Other locations continue."
        )]
        public static partial void Failed(ILogger logger, string locationId, Exception exception);
    }
}
