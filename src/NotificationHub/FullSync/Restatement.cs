using NotificationHub.Events;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>
/// After a restore every record is stated again. The end of it is announced for each kind, on the topic of the kind and so behind its records,
/// and on topic <c>hub</c> for the location. The location does not wait for a kind that Apple refuses: once Apple returns it, both are announced.
/// </summary>
internal static class Restatement
{
    /// <param name="finished">The survey that has restated all records of its kind.</param>
    /// <param name="surveys">The current surveys of the location.</param>
    /// <param name="from">The first revision of the epoch.</param>
    /// <returns>The events that are to be appended in the same transaction.</returns>
    public static async Task<IReadOnlyList<NewEvent>> EndAsync(
        WriteTransaction transaction,
        Survey finished,
        IReadOnlyList<Survey> surveys,
        long from,
        long now
    )
    {
        var epoch = await transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = 'event'");
        return [OfKind(finished, epoch, from, now), .. OfLocation(surveys, epoch, from, now)];
    }

    /// <summary>Goes on without a kind that Apple refuses.</summary>
    /// <returns>The events that are to be appended in the same transaction.</returns>
    public static async Task<IReadOnlyList<NewEvent>> PassOverAsync(
        WriteTransaction transaction,
        IReadOnlyList<Survey> surveys,
        long from,
        long now
    )
    {
        var epoch = await transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = 'event'");
        return OfLocation(surveys, epoch, from, now);
    }

    private static NewEvent OfKind(Survey finished, long epoch, long from, long now) =>
        NewEvent.Create(
            finished.Kind.RestatedEventName,
            finished.LocationId,
            finished.Kind.SubjectPrefix,
            new RecordsRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = finished.KnownRecords ?? 0,
            },
            EventJsonContext.Wire.RecordsRestated,
            now
        ) with
        {
            Cause = RecordChanges.Restore,
        };

    /// <returns>None while a kind is pending, and none where no kind was restated.</returns>
    private static IReadOnlyList<NewEvent> OfLocation(IReadOnlyList<Survey> surveys, long epoch, long from, long now) =>
        surveys.Any(survey => survey.IsRestatementPending) || surveys.All(survey => survey.RestateFrom is not null)
            ? []
            : [OfLocation(surveys.ToLookup(survey => survey.RestateFrom is null), epoch, from, now)];

    /// <param name="surveys">By whether all records of the kind were restated.</param>
    private static NewEvent OfLocation(ILookup<bool, Survey> surveys, long epoch, long from, long now) =>
        NewEvent.Create(
            EventNames.LocationRestated,
            surveys[true].First().LocationId,
            surveys[true].First().LocationId,
            new LocationRestated
            {
                Epoch = epoch,
                FromRevision = EventLog.Padded(from),
                Records = RecordCounts(surveys[true]),
                NotAvailable = [.. surveys[false].Select(survey => survey.Resource)],
            },
            EventJsonContext.Wire.LocationRestated,
            now
        ) with
        {
            Cause = RecordChanges.Restore,
        };

    /// <summary>The known records of each kind.</summary>
    public static Dictionary<string, long> RecordCounts(IEnumerable<Survey> surveys) =>
        surveys.ToDictionary(survey => survey.Resource, survey => survey.KnownRecords ?? 0, StringComparer.Ordinal);
}
