using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Surveys;

/// <summary>
/// After a restore every record is stated again. The end of it is announced for each kind, on the topic of the kind and so behind its records,
/// and on topic <c>hub</c> for the location.
/// </summary>
internal static class Restatement
{
    /// <param name="finished">The survey that has restated all records of its kind.</param>
    /// <param name="surveys">All of the location, as they are now.</param>
    /// <param name="from">The first revision of the epoch.</param>
    /// <returns>The events that are to be appended in the same transaction.</returns>
    public static async Task<List<NewEvent>> EndAsync(
        WriteTransaction transaction,
        Survey finished,
        IReadOnlyList<Survey> surveys,
        long from,
        long now
    )
    {
        var epoch = await transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = 'event'");
        List<NewEvent> events = [OfKind(finished, epoch, from, now)];
        if (surveys.All(survey => survey.RestateFrom is null))
        {
            events.Add(OfLocation(surveys, epoch, from, now));
        }

        return events;
    }

    private static NewEvent OfKind(Survey finished, long epoch, long from, long now) =>
        new()
        {
            Type = finished.Kind.RestatedEventName,
            LocationId = finished.LocationId,
            Subject = finished.Kind.SubjectPrefix,
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new RecordsRestated
                {
                    Epoch = epoch,
                    FromRevision = EventLog.Padded(from),
                    Records = finished.KnownRecords ?? 0,
                },
                EventJsonContext.Wire.RecordsRestated
            ),
            Cause = RecordChanges.Restore,
            CreatedAt = now,
        };

    private static NewEvent OfLocation(IReadOnlyList<Survey> surveys, long epoch, long from, long now) =>
        new()
        {
            Type = EventNames.LocationRestated,
            LocationId = surveys[0].LocationId,
            Subject = surveys[0].LocationId,
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new LocationRestated
                {
                    Epoch = epoch,
                    FromRevision = EventLog.Padded(from),
                    Records = surveys.ToDictionary(
                        survey => survey.Resource,
                        survey => survey.KnownRecords ?? 0,
                        StringComparer.Ordinal
                    ),
                },
                EventJsonContext.Wire.LocationRestated
            ),
            Cause = RecordChanges.Restore,
            CreatedAt = now,
        };
}
