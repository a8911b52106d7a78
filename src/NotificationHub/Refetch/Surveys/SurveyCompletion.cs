using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Surveys;

/// <summary>What follows from the end of a survey: the next one, and after the last one of the import <c>location.imported</c>.</summary>
internal sealed partial class SurveyCompletion(
    Database database,
    SurveySchedule schedule,
    ILogger<SurveyCompletion> logger
)
{
    public async Task FinishAsync(RefetchTurn turn, Survey survey)
    {
        await using var connection = await database.OpenReaderAsync(turn.CancellationToken);
        var now = schedule.Now;
        var finished = survey.StartOver() with
        {
            Purpose = SurveyPurposes.Reconcile,
            DueAt = schedule.NextSurvey(survey.Kind),
            Owner = null,
            Walks = 0,
            Pages = survey.Pages,
            Records = survey.Records,
            Attempts = 0,
            LastFault = null,
            FinishedAt = now,
            ImportedAt = survey.ImportedAt ?? now,
            KnownRecords = await SnapshotRows.CountAsync(connection, survey.LocationId, survey.Kind),
        };
        await turn.WriteAsync(async transaction =>
        {
            await SurveyStore.SaveAsync(transaction, finished);
            await SurveyPages.ForgetAsync(transaction, finished);
            if (survey.Kind == SnapshotKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, survey.LocationId, survey.FirstVersion);
            }

            if (survey.IsImport)
            {
                await GoOnImportingAsync(transaction, survey, now);
            }
        });
        Log.Finished(logger, survey.Purpose, survey.Resource, survey.LocationId, survey.Records);
        // The next kind is due at once.
        database.Pulses.TargetsRequested.Raise();
    }

    private async Task GoOnImportingAsync(WriteTransaction transaction, Survey survey, long now)
    {
        var surveys = await SurveyStore.ReadAsync(transaction, survey.LocationId);
        if (surveys.FirstOrDefault(other => other.ImportedAt is null) is { } next)
        {
            await SurveyStore.SaveAsync(transaction, next with { DueAt = next.DueAt ?? now });
            return;
        }

        EventLog.Append(transaction, database, [Imported(surveys, now)]);
    }

    private static NewEvent Imported(IReadOnlyList<Survey> surveys, long now) =>
        new()
        {
            Type = EventNames.LocationImported,
            LocationId = surveys[0].LocationId,
            Subject = surveys[0].LocationId,
            Data = JsonSerializer.SerializeToUtf8Bytes(
                new LocationImported
                {
                    Records = surveys.ToDictionary(
                        survey => survey.Resource,
                        survey => survey.KnownRecords ?? 0,
                        StringComparer.Ordinal
                    ),
                    StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(surveys[0].CreatedAt),
                    FinishedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
                },
                EventJsonContext.Wire.LocationImported
            ),
            CreatedAt = now,
        };

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Information,
            "The {Purpose} of {Resource} records of location {LocationId} is done: {Records} records were read."
        )]
        public static partial void Finished(
            ILogger logger,
            string purpose,
            string resource,
            string locationId,
            long records
        );
    }
}
