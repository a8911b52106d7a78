using NotificationHub.Apple;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.FullSync;

/// <summary>
/// One location's turn at a survey: one request, so that whatever a notification asks for waits for no more than that. How far it is
/// is kept with each page, so that it goes on there after a restart.
/// </summary>
internal sealed class SurveyPass(
    Database database,
    TurnStart turns,
    SurveyWalk walk,
    SurveyEnd end,
    SurveyFailures failures,
    SurveySchedule schedule
)
{
    /// <param name="lease">The lease of the location's shard.</param>
    /// <returns>False where nothing was to be read, or Apple is not to be asked.</returns>
    /// <exception cref="LocationClosedException">The location was removed.</exception>
    public async Task<bool> RunAsync(string locationId, Lease lease, CancellationToken cancellationToken)
    {
        if (await BeginAsync(locationId, lease, cancellationToken) is not var (turn, survey))
        {
            return false;
        }

        await StepAsync(turn, survey);
        await turn.WriteAsync(transaction => SurveyStore.HoldBackAsync(transaction, locationId, schedule.NextRequest));
        return true;
    }

    private async Task<(RefetchTurn Turn, Survey Survey)?> BeginAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var surveys = await SurveyStore.ReadAsync(connection, locationId);
        if (surveys.Count == 0)
        {
            surveys = await CreateAsync(locationId, lease, cancellationToken);
        }

        var due = surveys
            .Where(survey => survey.DueAt <= schedule.Now)
            .OrderByDescending(survey => survey.IsImport)
            .ThenBy(survey => survey.DueAt)
            .FirstOrDefault();
        return
            due is not null
            && await turns.BeginAsync(connection, locationId, lease, due.Cause, cancellationToken) is { } turn
            ? (turn, due)
            : null;
    }

    private Task<IReadOnlyList<Survey>> CreateAsync(
        string locationId,
        Lease lease,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.DemandAsync(transaction);
                await RefetchTurn.DemandLocationAsync(transaction, locationId);
                return await SurveyStore.CreateAsync(transaction, locationId, schedule.Now);
            },
            cancellationToken
        );

    private async Task StepAsync(RefetchTurn turn, Survey survey)
    {
        try
        {
            var after =
                survey.Phase is SurveyPhases.Verifying or SurveyPhases.Counting ? await end.GoOnAsync(turn, survey)
                : survey.Phase == SurveyPhases.Settling ? survey
                : await walk.ReadPageAsync(turn, survey);
            if (after.Phase == SurveyPhases.Settling)
            {
                await end.SettleAsync(turn, after);
            }
        }
        catch (AppleException fault)
        {
            await failures.NoteAsync(turn, survey, fault);
        }
        catch (LocationClosedException)
        {
            // It goes on when the location comes back.
        }
        // A kind of records that fails must not block the other kinds.
        catch (Exception exception) when (!RefetchTurn.IsEndedBy(exception))
        {
            await failures.NoteAsync(turn, survey, exception);
        }
    }
}
