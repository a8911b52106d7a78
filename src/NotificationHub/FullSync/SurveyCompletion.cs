using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

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
            DoubtedNumber = null,
            DoubtedAt = null,
            FinishedAt = now,
            RestateFrom = null,
            ImportedAt = survey.ImportedAt ?? now,
            RefusedAt = null,
            KnownRecords = await SnapshotRows.CountAsync(connection, survey.LocationId, survey.Kind),
        };
        await turn.WriteAsync(async transaction =>
        {
            await SurveyStore.SaveAsync(transaction, finished);
            if (survey.IsWhole)
            {
                await SurveyStore.SetCompleteAsync(transaction, finished);
            }

            await SurveyPages.ForgetAsync(transaction, finished);
            if (survey.Kind == SnapshotKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, survey.LocationId, survey.FirstVersion);
            }

            var surveys = await SurveyStore.ReadAsync(transaction, survey.LocationId);
            List<NewEvent> events =
            [
                .. survey.RestateFrom is { } from
                    ? await Restatement.EndAsync(transaction, finished, surveys, from, now)
                    : [],
            ];
            if (survey.IsImport)
            {
                events.AddRange(await GoOnImportingAsync(transaction, surveys, now));
            }

            transaction.AppendEvents(events);
        });
        Log.Finished(logger, survey.Purpose, survey.Resource, survey.LocationId, survey.Records);
        // The next kind is due at once.
        database.Pulses.TargetsRequested.Raise();
    }

    /// <summary>Continues the import, or the restatement after a restore, without a kind that Apple refuses.</summary>
    /// <param name="refused">As it was before.</param>
    /// <param name="surveys">All of the location, as they are now.</param>
    public static async Task PassOverAsync(
        WriteTransaction transaction,
        Survey refused,
        IReadOnlyList<Survey> surveys,
        long now
    )
    {
        List<NewEvent> events =
        [
            .. refused is { IsRestatementPending: true, RestateFrom: { } from }
                ? await Restatement.PassOverAsync(transaction, surveys, from, now)
                : [],
        ];
        if (refused.IsAwaited)
        {
            events.AddRange(await GoOnImportingAsync(transaction, surveys, now));
        }

        transaction.AppendEvents(events);
    }

    /// <summary>
    /// Starts the import of the next kind after one was imported or refused, or reports the end of the import. If Apple later returns a
    /// refused kind, the end of the import is reported again.
    /// </summary>
    private static async Task<IReadOnlyList<NewEvent>> GoOnImportingAsync(
        WriteTransaction transaction,
        IReadOnlyList<Survey> surveys,
        long now
    )
    {
        if (surveys.FirstOrDefault(other => other.IsAwaited) is { } next)
        {
            await SurveyStore.SaveAsync(transaction, next with { DueAt = next.DueAt ?? now });
            return [];
        }

        return surveys.All(other => other.ImportedAt is null) ? [] : [Imported(surveys, now)];
    }

    private static NewEvent Imported(IReadOnlyList<Survey> surveys, long now) =>
        NewEvent.Create(
            EventNames.LocationImported,
            surveys[0].LocationId,
            surveys[0].LocationId,
            new LocationImported
            {
                Records = Restatement.RecordCounts(surveys.Where(survey => survey.ImportedAt is not null)),
                NotAvailable =
                [
                    .. surveys.Where(survey => survey.ImportedAt is null).Select(survey => survey.Resource),
                ],
                StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(surveys[0].CreatedAt),
                FinishedAt = DateTimeOffset.FromUnixTimeMilliseconds(now),
            },
            EventJsonContext.Wire.LocationImported,
            now
        );

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
