using NotificationHub.Refetch;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>
/// After the last page: what a quiet walk did not return is gone. Where records moved between the pages, one may be missing that was there all
/// the time, and everything is walked again. Where they never rest, each record that was not returned is asked for by itself, and then each
/// asset's or subscription's holders are walked that are not as many as it says. An incremental read of users removes no user: a user for whom
/// only retired records were returned is read by ID.
/// </summary>
internal sealed class SurveyEnd(
    RefetchWalk narrow,
    SurveyAbsences absences,
    SurveyCounts counts,
    SurveyCompletion completion,
    MassRemovals removals,
    SurveySchedule schedule
)
{
    /// <summary>On a location that is never quiet a survey must come to its end, too.</summary>
    private const int MostWalks = 3;

    public async Task SettleAsync(RefetchTurn turn, Survey survey)
    {
        if (!survey.IsWhole)
        {
            await SaveAsync(turn, survey with { Phase = SurveyPhases.Verifying, Place = null });
        }
        else if (survey.Clean)
        {
            if (!await IsDoubtedAsync(turn, survey))
            {
                await RemoveAsync(turn, survey, absences.FindAsync(survey, "", turn.CancellationToken));
                await completion.FinishAsync(turn, survey);
            }
        }
        else
        {
            await DecideAsync(turn, survey);
        }
    }

    /// <summary>Asks for the next of what the walks left in doubt.</summary>
    public async Task<Survey> GoOnAsync(RefetchTurn turn, Survey survey)
    {
        if (await NextAsync(survey, turn.CancellationToken) is not var (key, read))
        {
            return await CloseAsync(turn, survey);
        }

        var outcome = await narrow.RunAsync(turn, StepPart.Of(read) with { Doubt = survey.Doubt });
        var current = survey with { Attempts = 0 };
        return await SaveAsync(
            turn,
            outcome.Doubted is { } judgment
                ? WithDoubt(current, judgment)
                : current with
                {
                    Place = key,
                    DueAt = schedule.NextRequest,
                    DoubtedNumber = null,
                    DoubtedAt = null,
                    LastFault = null,
                }
        );
    }

    /// <summary>Whether the read lacks so many records that it must be repeated later to confirm their removal.</summary>
    private async Task<bool> IsDoubtedAsync(RefetchTurn turn, Survey survey)
    {
        var doubted = await removals.FindDoubtAsync(
            turn,
            SurveyWalk.ContextOf(survey),
            [new RemovalScope(KeyRange.All, survey.Doubt, IsNotified: false)],
            survey.StartNumber!.Value
        );
        if (doubted is not null)
        {
            await SaveAsync(turn, WithDoubt(survey.StartOver(), doubted));
        }

        return doubted is not null;
    }

    private Survey WithDoubt(Survey survey, RemovalJudgment judgment) =>
        survey with
        {
            DoubtedNumber = judgment.Doubt!.Number,
            DoubtedAt = judgment.Doubt.At,
            DueAt = removals.RepeatAt(judgment.Doubt),
            LastFault = judgment.Reason,
        };

    private async Task<(string Key, RefetchRead Read)?> NextAsync(Survey survey, CancellationToken cancellationToken)
    {
        var after = survey.Place ?? "";
        if (survey.Phase == SurveyPhases.Counting)
        {
            return await counts.FindAsync(survey, after, cancellationToken);
        }

        if (!survey.IsWhole)
        {
            var user = await absences
                .FindRetiredAsync(survey, after, cancellationToken)
                .Select(keys => keys[0])
                .FirstOrDefaultAsync(cancellationToken);
            return user is null ? null : (RecordKeys.BehindUser(user), survey.Read.Narrow(user)!);
        }

        var absent = await absences
            .FindAsync(survey, after, cancellationToken)
            .Select(keys => keys[0])
            .FirstOrDefaultAsync(cancellationToken);
        return absent is null ? null : (absent, survey.Read.Narrow(absent)!);
    }

    private async Task<Survey> CloseAsync(RefetchTurn turn, Survey survey)
    {
        if (survey.Phase == SurveyPhases.Verifying)
        {
            return await SaveAsync(turn, survey with { Phase = SurveyPhases.Counting, Place = null });
        }

        await completion.FinishAsync(turn, survey);
        return survey;
    }

    private static Task<Survey> DecideAsync(RefetchTurn turn, Survey survey)
    {
        var walks = survey.Walks + 1;
        var after =
            walks < MostWalks ? survey.StartOver() : survey with { Phase = SurveyPhases.Verifying, Place = null };
        return SaveAsync(turn, after with { Walks = walks });
    }

    private static async Task<Survey> SaveAsync(RefetchTurn turn, Survey survey)
    {
        await turn.WriteAsync(transaction => SurveyStore.SaveAsync(transaction, survey));
        return survey;
    }

    private async Task RemoveAsync(RefetchTurn turn, Survey survey, IAsyncEnumerable<IReadOnlyList<string>> pages)
    {
        var number = await turn.WriteAsync(transaction =>
            SnapshotStore.TakeReadNumberAsync(transaction, survey.LocationId)
        );
        await foreach (var keys in pages)
        {
            foreach (var chunk in keys.Chunk(SnapshotStore.ChunkSize))
            {
                await turn.WriteAsync(transaction =>
                    SnapshotStore.RemoveKeysAsync(
                        transaction,
                        SurveyWalk.ContextOf(survey),
                        chunk,
                        survey.StartNumber!.Value,
                        number,
                        schedule.Now
                    )
                );
            }
        }
    }
}
