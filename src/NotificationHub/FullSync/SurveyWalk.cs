using System.Diagnostics;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.FullSync;

/// <summary>Reads one page of a survey and keeps how far it has come with the last of the page's records.</summary>
internal sealed class SurveyWalk(LocationWatch watch, SurveySchedule schedule)
{
    /// <summary>No list has so many pages: a million records of several hundred each are far fewer.</summary>
    private const int MaxPages = 10_000;

    /// <returns>The survey as it is after the page.</returns>
    public async Task<Survey> ReadPageAsync(RefetchTurn turn, Survey before)
    {
        using var trace = HubTraces.Begin($"survey {before.Kind.Name}", ActivityKind.Internal, []);
        var (survey, number) = await turn.WriteAsync(transaction => BeginPageAsync(transaction, before));
        var page = await RecordReader
            .ReadAsync(turn.Apple, survey.Read, survey.From, turn.CancellationToken)
            .FirstAsync(turn.CancellationToken);
        RefetchMetrics.CountRequest(survey.Kind.Name);
        await watch.ObserveAsync(turn, page);
        turn.NoteAnswer();

        // Another process read the pages before, perhaps long ago: what moved since may be on a page that was read already.
        if (survey.Place is not null && survey.Owner != turn.Owner && page.VersionMoved)
        {
            var again = survey.StartOver() with { DueAt = schedule.NextRequest };
            await turn.WriteAsync(transaction => SurveyStore.SaveAsync(transaction, again));
            return again;
        }

        return await TakeInAsync(turn, survey, page, number, schedule.NextRequest);
    }

    private async Task<(Survey Survey, long Number)> BeginPageAsync(WriteTransaction transaction, Survey survey)
    {
        var number = await SnapshotStore.TakeReadNumberAsync(transaction, survey.LocationId);
        if (survey.StartNumber is not null)
        {
            return (survey, number);
        }

        var begun = survey with
        {
            Phase = SurveyPhases.Walking,
            StartNumber = number,
            StartedAt = survey.IsUnderWay ? survey.StartedAt : schedule.Now,
            Pages = 0,
            TotalPages = null,
            Records = 0,
            SinceVersion =
                survey.Kind == SnapshotKind.User
                && !survey.IsImport
                && survey.RestateFrom is null
                && !schedule.IsCompleteReadDue(survey)
                    ? await LocationVersions.ReadUsersAsync(transaction, survey.LocationId)
                    : null,
        };
        await SurveyStore.SaveAsync(transaction, begun);
        await SurveyPages.ForgetAsync(transaction, begun);
        if (!survey.IsUnderWay)
        {
            await SurveyStore.ForgetDriftsAsync(transaction, begun);
        }

        return (begun, number);
    }

    private async Task<Survey> TakeInAsync(RefetchTurn turn, Survey survey, RecordPage page, long number, long dueAt)
    {
        var read = ContextOf(survey);
        HashSet<long> before = [];
        Queue<SnapshotRecord[]> chunks = new(page.Records.Chunk(SnapshotStore.ChunkSize));
        Survey after;
        do
        {
            SnapshotRecord[] chunk = chunks.TryDequeue(out var next) ? next : [];
            after = await turn.WriteAsync(async transaction =>
            {
                var outcome = await SnapshotStore.ApplyAsync(
                    transaction,
                    read,
                    chunk,
                    survey.StartNumber!.Value,
                    number,
                    schedule.Now
                );
                before.UnionWith(outcome.Before);
                if (chunks.Count > 0)
                {
                    return survey;
                }

                var pages = await SurveyPages.ReadAsync(transaction, survey);
                DemandProgress(survey, page, pages);
                // Notifications have records read between the pages, under numbers of their own.
                var clean = !pages.Any(own => before.Contains(own.Number));
                var done = After(survey, page, clean, turn.Owner, dueAt);
                await SurveyPages.AddAsync(transaction, survey, number);
                await SurveyStore.SaveAsync(transaction, done);
                return done;
            });
        } while (chunks.Count > 0);

        return after;
    }

    /// <exception cref="InvalidDataException">The cursors lead in a circle, or to one empty page after the other, which would never end.</exception>
    private static void DemandProgress(Survey survey, RecordPage page, IReadOnlyList<SurveyPage> pages)
    {
        if (page.Next is { } next && (next.Place == survey.Place || pages.Any(read => read.Place == next.Place)))
        {
            throw new InvalidDataException($"Page {survey.Pages} leads back to one that was read.");
        }

        if (page is { Next: not null, IsEmpty: true } && survey.Pages >= MaxPages)
        {
            throw new InvalidDataException($"Page {survey.Pages} is empty and leads to another one.");
        }
    }

    private static Survey After(Survey survey, RecordPage page, bool clean, string owner, long dueAt) =>
        survey with
        {
            Phase = page.IsLast ? SurveyPhases.Settling : SurveyPhases.Walking,
            Place = page.Next?.Place,
            FirstVersion = page.VersionId,
            Owner = owner,
            Clean = survey.Clean && clean && !page.VersionMoved,
            Pages = survey.Pages + 1,
            TotalPages = page.TotalPages,
            Records = survey.Records + page.Records.Count,
            Attempts = 0,
            // A doubted removal remains the reason until a second read has settled it.
            LastFault = survey.Doubt is null ? null : survey.LastFault,
            RefusedAt = null,
            DueAt = dueAt,
        };

    public static ReadContext ContextOf(Survey survey) =>
        new(survey.LocationId, survey.Kind, survey.Cause, FirstSight: survey.IsImport, null, null)
        {
            RestateFrom = survey.RestateFrom ?? 0,
        };
}
