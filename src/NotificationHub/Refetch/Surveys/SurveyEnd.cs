using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Snapshots;

namespace NotificationHub.Refetch.Surveys;

/// <summary>
/// After the last page: what a quiet walk did not return is gone. Where records moved between the pages, what was not returned is walked
/// or asked for once more, whichever costs fewer requests.
/// </summary>
internal sealed class SurveyEnd(
    SnapshotStore snapshots,
    RefetchWalk narrow,
    SurveyAbsences absences,
    SurveyCompletion completion,
    SurveySchedule schedule
)
{
    /// <summary>On a location that is never quiet a survey must come to its end, too.</summary>
    private const int MostWalks = 3;

    public async Task SettleAsync(RefetchTurn turn, Survey survey)
    {
        if (survey.Kind == SnapshotKind.User && !(survey.Clean && survey.IsWhole))
        {
            await RemoveAsync(turn, survey, absences.FindRetiredAsync(survey, turn.CancellationToken));
            await completion.FinishAsync(turn, survey);
        }
        else if (survey.Clean)
        {
            await RemoveAsync(turn, survey, absences.FindAsync(survey, "", turn.CancellationToken));
            await completion.FinishAsync(turn, survey);
        }
        else
        {
            await DecideAsync(turn, survey);
        }
    }

    /// <summary>Asks for the next record that the walk did not return.</summary>
    public async Task<Survey> VerifyAsync(RefetchTurn turn, Survey survey)
    {
        var next = await absences
            .FindAsync(survey, survey.Place ?? "", turn.CancellationToken)
            .Select(keys => keys[0])
            .FirstOrDefaultAsync(turn.CancellationToken);
        if (next is null)
        {
            await completion.FinishAsync(turn, survey);
            return survey;
        }

        await narrow.RunAsync(turn, new RefetchStep([], []), survey.Read.Narrow(next)!, isLast: false);
        var after = survey with { Place = next, Attempts = 0, DueAt = schedule.NextRequest };
        await turn.WriteAsync(transaction => SurveyStore.SaveAsync(transaction, after));
        return after;
    }

    private async Task DecideAsync(RefetchTurn turn, Survey survey)
    {
        var absent = 0;
        await foreach (var keys in absences.FindAsync(survey, "", turn.CancellationToken))
        {
            absent += keys.Count;
        }

        if (absent == 0)
        {
            await completion.FinishAsync(turn, survey);
            return;
        }

        var walks = survey.Walks + 1;
        var after =
            absent <= survey.Pages || walks >= MostWalks
                ? survey with
                {
                    Phase = SurveyPhases.Verifying,
                    Place = null,
                }
                : survey.StartOver();
        await turn.WriteAsync(transaction => SurveyStore.SaveAsync(transaction, after with { Walks = walks }));
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
                    snapshots.RemoveKeysAsync(
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
