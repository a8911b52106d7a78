using Microsoft.Extensions.Options;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>What was ordered.</summary>
/// <param name="AskedAt">Unix milliseconds: a survey that ends from then on is it, one that was under way counting.</param>
internal sealed record OrderedSurveys(string LocationId, IReadOnlyList<string> Resources, long AskedAt);

/// <summary>Has the running hub reconcile a location now, for whoever does not want to wait for the schedule.</summary>
internal sealed class SurveyOrder(
    Database database,
    ReplicaWatch replicas,
    IOptions<RefetchOptions> options,
    TimeProvider time
)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>After so long without a page somebody who waits is told why, as far as it is known.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    /// <exception cref="LocationException">It would not be done: nothing was ordered.</exception>
    public async Task<OrderedSurveys> OrderAsync(
        string locationId,
        IReadOnlyCollection<SnapshotKind> kinds,
        CancellationToken cancellationToken
    )
    {
        await DemandHubAsync(cancellationToken);
        await using (var connection = await database.OpenReaderAsync(cancellationToken))
        {
            Demand(await LocationStore.FindAsync(connection, locationId), locationId);
        }

        var order = new OrderedSurveys(locationId, [.. kinds.Select(kind => kind.Name)], Now);
        await database.WriteAsync(transaction => RequestAsync(transaction, order), cancellationToken);
        database.Pulses.TargetsRequested.Raise();
        return order;
    }

    /// <summary>Returns once it is done; it goes on if this is cancelled.</summary>
    /// <exception cref="LocationException">It does not go on at present, or not at all any more.</exception>
    public async Task<IReadOnlyList<SurveyProgress>> WaitAsync(
        OrderedSurveys order,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<Survey> last = [];
        var movedAt = time.GetTimestamp();
        while (true)
        {
            var (location, surveys) = await ReadAsync(order, cancellationToken);
            if (surveys.Count == order.Resources.Count && surveys.All(survey => IsOver(survey, order)))
            {
                return [.. surveys.Select(SurveyProgress.Of)];
            }

            Demand(location, order.LocationId);
            if (!surveys.SequenceEqual(last))
            {
                (last, movedAt) = (surveys, time.GetTimestamp());
            }
            else if (time.GetElapsedTime(movedAt) >= LongestSilence)
            {
                throw Silent(order, surveys);
            }

            await Task.Delay(PollInterval, time, cancellationToken);
        }
    }

    private static bool IsOver(Survey survey, OrderedSurveys order) =>
        survey.FinishedAt >= order.AskedAt || survey.RefusedAt >= order.AskedAt;

    private static async Task RequestAsync(WriteTransaction transaction, OrderedSurveys order)
    {
        var asked = await SurveyStore.RequestAsync(transaction, order.LocationId, order.Resources, order.AskedAt);
        if (asked < order.Resources.Count)
        {
            throw new LocationException(
                LocationFault.NotAllowed,
                $"Location {order.LocationId} is not imported yet: its records are being read for the first time. "
                    + $"`locations show {order.LocationId}` shows how far that is. Nothing was ordered."
            );
        }
    }

    private async Task DemandHubAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Surveys)
        {
            throw new LocationException(
                LocationFault.NotAllowed,
                "Refetch:Surveys is false: the hub compares nothing. Set it to true, or use --dry-run."
            );
        }

        if (!await replicas.IsAnyLiveAsync(cancellationToken))
        {
            throw new LocationException(
                LocationFault.NoLiveReplica,
                "No running hub is seen on this database, and it is the hub that reads and repairs: start it, or use --dry-run."
            );
        }
    }

    private void Demand(Location? location, string locationId)
    {
        if (location is null)
        {
            throw LocationException.NotFound(locationId);
        }

        if (location.ContentToken is null || !LocationStates.MayCallApple(location.State))
        {
            throw new LocationException(
                LocationFault.NotAllowed,
                $"Apple is not called for location {locationId}: it is {(location.ReceiveOnly ? "receive-only" : location.StateWord)}."
            );
        }

        if (location.PausedUntil > Now + (long)LongestSilence.TotalMilliseconds)
        {
            throw new LocationException(
                LocationFault.NotAllowed,
                $"Apple is not called for location {locationId} before {DateTimeOffset.FromUnixTimeMilliseconds(location.PausedUntil.Value):u}, as it has asked for, "
                    + "or after errors; until then nothing is compared."
            );
        }
    }

    private async Task<(Location? Location, IReadOnlyList<Survey> Surveys)> ReadAsync(
        OrderedSurveys order,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var surveys = await SurveyStore.ReadAsync(connection, order.LocationId);
        return (
            await LocationStore.FindAsync(connection, order.LocationId),
            [.. surveys.Where(survey => order.Resources.Contains(survey.Resource))]
        );
    }

    private static LocationException Silent(OrderedSurveys order, IReadOnlyList<Survey> surveys)
    {
        var current = surveys.FirstOrDefault(survey => survey.LastFault is not null);
        var reason = current is null
            ? "the hub may be at work on what notifications ask for, or run with Refetch:Surveys=false."
            : $"the last read of {current.Resource} ended with {current.LastFault}.";
        return new LocationException(
            LocationFault.Refused,
            $"Nothing was read for a minute: {reason} What was ordered is done when it can be; "
                + $"`locations show {order.LocationId}` shows how far it is."
        );
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
