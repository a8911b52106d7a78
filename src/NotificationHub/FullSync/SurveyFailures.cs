using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>
/// Handles a failed page: the survey continues at the same page later, unless its position is lost. A kind that Apple keeps refusing is not
/// available: it is reported once and retried on schedule, and the import continues without it.
/// </summary>
internal sealed class SurveyFailures(RefetchFailures failures, SurveySchedule schedule)
{
    private static readonly RefetchStep NoTargets = new([], []);

    public async Task NoteAsync(RefetchTurn turn, Survey survey, AppleException fault)
    {
        var ofLocation = !await failures.NoteAsync(turn, NoTargets, fault);
        var lost =
            fault.Kind
            is AppleErrorKind.RestartTraversal
                or AppleErrorKind.TraversalStuck
                or AppleErrorKind.VersionUnknown;
        await turn.WriteAsync(async transaction =>
        {
            if (fault.Kind == AppleErrorKind.VersionUnknown && survey.Kind == SnapshotKind.User)
            {
                await LocationVersions.SetUsersAsync(transaction, survey.LocationId, versionId: null);
            }

            // What concerns the whole location has paused it.
            var kept = lost ? survey.StartOver() : await CurrentAsync(transaction, survey);
            await (
                ofLocation
                    ? SurveyStore.SaveAsync(transaction, kept with { LastFault = FaultWords.Of(fault) })
                    : FailAsync(transaction, kept, fault)
            );
        });
    }

    public Task NoteAsync(RefetchTurn turn, Survey survey, Exception exception)
    {
        failures.NoteBroken(turn, survey.Resource, exception);
        return turn.WriteAsync(async transaction =>
            // What is broken may be the place.
            await FailAsync(transaction, (await CurrentAsync(transaction, survey)).StartOver(), exception)
        );
    }

    private async Task FailAsync(WriteTransaction transaction, Survey survey, Exception exception)
    {
        var attempts = survey.Attempts + 1;
        var now = schedule.Now;
        var isRefused =
            failures.IsGivenUp(attempts)
            && IsRefusal(exception, survey, await SurveyStore.ReadAsync(transaction, survey.LocationId));
        await SurveyStore.SaveAsync(
            transaction,
            survey with
            {
                Attempts = attempts,
                LastFault = FaultWords.Of(exception),
                RefusedAt = isRefused ? now : survey.RefusedAt,
                DueAt = isRefused
                    ? schedule.NextTry(survey.Kind)
                    : now + (long)failures.DelayOf(attempts, exception).TotalMilliseconds,
            }
        );
        if (isRefused)
        {
            var surveys = await SurveyStore.ReadAsync(transaction, survey.LocationId);
            await SurveyCompletion.PassOverAsync(transaction, survey, surveys, now);
        }

        await failures.TellAsync(transaction, survey.LocationId, survey.Resource, attempts, exception);
    }

    /// <summary>
    /// Whether Apple refuses the kind itself. A 4xx that is not Apple's JSON may be a proxy's, but not one against a single kind for good. A 401 without
    /// Apple's number may be against all kinds: it refuses this one only if others are read. 408 and 429 are never of kind
    /// <see cref="AppleErrorKind.Protocol"/>.
    /// </summary>
    private static bool IsRefusal(Exception exception, Survey survey, IReadOnlyList<Survey> surveys) =>
        exception is AppleException fault
        && (
            fault.Kind is AppleErrorKind.Forbidden or AppleErrorKind.Refused
            || (
                fault.Kind is AppleErrorKind.Protocol
                && (int?)fault.HttpStatusCode is >= 400 and < 500 and var status
                && (status != 401 || surveys.Any(other => IsReadMeanwhile(other, survey)))
            )
        );

    /// <summary>In an import or a restatement one kind comes after the other: there it suffices that another one is done.</summary>
    private static bool IsReadMeanwhile(Survey other, Survey survey) =>
        other.Resource != survey.Resource
        && other is { FinishedAt: { } finished, RestateFrom: null }
        && (survey.Cause != RecordChanges.Reconcile || finished > survey.StartedAt);

    /// <summary>The row itself: it may have begun, or gone on, since it was read.</summary>
    private static async Task<Survey> CurrentAsync(WriteTransaction transaction, Survey survey) =>
        (await SurveyStore.ReadAsync(transaction, survey.LocationId)).Single(row => row.Resource == survey.Resource);
}
