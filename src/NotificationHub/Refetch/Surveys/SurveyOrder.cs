using NotificationHub.Locations;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Surveys;

/// <summary>Has the running hub reconcile a location now, for whoever does not want to wait for the schedule.</summary>
internal sealed class SurveyOrder(Database database, ReplicaWatch replicas, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns once it is done, one that is under way at present counting; it goes on if this is cancelled.</summary>
    /// <exception cref="LocationException">No hub is running, or the location is not imported yet.</exception>
    public async Task<IReadOnlyList<SurveyProgress>> RunAsync(
        string locationId,
        IReadOnlyCollection<SnapshotKind> kinds,
        CancellationToken cancellationToken
    )
    {
        if (!await replicas.IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationFault.NoLiveReplica,
                "No running hub is seen on this database, and it is the hub that reads and repairs: start it, or use --dry-run."
            );
        }

        string[] resources = [.. kinds.Select(kind => kind.Name)];
        var askedAt = time.GetUtcNow().ToUnixTimeMilliseconds();
        var asked = await database.WriteAsync(
            transaction => SurveyStore.RequestAsync(transaction, locationId, resources, askedAt),
            cancellationToken
        );
        if (asked < resources.Length)
        {
            throw new LocationException(
                LocationFault.NotAllowed,
                $"Location {locationId} is not imported yet: its records are being read for the first time. `locations show {locationId}` shows how far that is."
            );
        }

        database.Pulses.TargetsRequested.Raise();
        return await WaitAsync(locationId, resources, askedAt, cancellationToken);
    }

    private async Task<IReadOnlyList<SurveyProgress>> WaitAsync(
        string locationId,
        string[] resources,
        long askedAt,
        CancellationToken cancellationToken
    )
    {
        while (true)
        {
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                var surveys = (await SurveyStore.ReadAsync(connection, locationId))
                    .Where(survey => resources.Contains(survey.Resource))
                    .ToList();
                if (surveys.TrueForAll(survey => survey.FinishedAt >= askedAt))
                {
                    return surveys.ConvertAll(SurveyProgress.Of);
                }
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }
}
