using System.Data.Common;
using System.Globalization;
using NotificationHub.Snapshots;

namespace NotificationHub.FullSync;

/// <summary>How far the reading of a kind of records is, or how the last one ended.</summary>
internal sealed record SurveyProgress
{
    /// <summary><c>asset</c>, <c>assignment</c>, <c>user</c>, <c>subscription</c> or <c>subscription-assignment</c>.</summary>
    public required string Resource { get; init; }

    /// <summary><c>import</c>, <c>reconcile</c>, or <c>restore</c> while all records are restated after a restore.</summary>
    public required string Purpose { get; init; }

    /// <summary><c>waiting</c>, <c>walking</c>, <c>settling</c>, <c>verifying</c> or <c>counting</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>Read so far; of one that waits: by the last one.</summary>
    public required long Records { get; init; }

    public required long Pages { get; init; }

    /// <summary>How many pages Apple thinks there are, where it says so.</summary>
    public long? TotalPages { get; init; }

    /// <summary>How many records were found to be different.</summary>
    public required long Drifts { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the last one ended.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>When it goes on, or the next one begins.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>When Apple last refused the kind; null after Apple has returned it.</summary>
    public DateTimeOffset? RefusedAt { get; init; }

    /// <summary>Why it did not go on the last time.</summary>
    public string? Fault { get; init; }

    public static SurveyProgress Of(Survey survey) =>
        new()
        {
            Resource = survey.Resource,
            Purpose = survey is { RestateFrom: not null, IsImport: false } ? RecordChanges.Restore : survey.Purpose,
            Phase = survey.Phase,
            Records = survey.Records,
            Pages = survey.Pages,
            TotalPages = survey.TotalPages,
            Drifts = survey.Drifts,
            StartedAt = TimeOf(survey.StartedAt),
            FinishedAt = TimeOf(survey.FinishedAt),
            NextAt = TimeOf(survey.DueAt),
            RefusedAt = TimeOf(survey.RefusedAt),
            Fault = survey.LastFault,
        };

    private static DateTimeOffset? TimeOf(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;
}

/// <summary>How far the reading of a whole location is: what <c>locations list</c>, <c>locations show</c> and the admin API show.</summary>
/// <param name="Import">In a word or two, for a table: <c>done</c>, or how much of it is.</param>
internal sealed record LocationProgress(string Import, IReadOnlyList<SurveyProgress> Surveys)
{
    /// <returns>By location; one that has not begun is not there.</returns>
    public static async Task<IReadOnlyDictionary<string, LocationProgress>> ReadAsync(
        DbConnection connection,
        IReadOnlyCollection<string> locationIds
    ) =>
        (await SurveyStore.ReadAsync(connection, locationIds))
            .GroupBy(survey => survey.LocationId, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => Of([.. group]), StringComparer.Ordinal);

    public static LocationProgress Of(IReadOnlyList<Survey> surveys) =>
        new(Describe(surveys), [.. surveys.Select(SurveyProgress.Of)]);

    private static string Describe(IReadOnlyList<Survey> surveys)
    {
        var done = surveys.Count(survey => survey.ImportedAt is not null);
        if (surveys.FirstOrDefault(survey => survey.IsAwaited) is not { } current)
        {
            string[] refused =
            [
                .. surveys.Where(survey => survey.ImportedAt is null).Select(survey => survey.Resource),
            ];
            return refused.Length == 0 ? "done" : $"done; not available: {string.Join(", ", refused)}";
        }

        var pages = current.TotalPages is { } total
            ? $"{current.Pages} of {total} pages"
            : $"{current.Records} records";
        var fault = current.LastFault is null ? "" : $", held up: {current.LastFault}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{done} of {surveys.Count}; {current.Resource}: {pages}{fault}"
        );
    }
}
