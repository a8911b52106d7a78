using System.Runtime.CompilerServices;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.FullSync;

/// <summary>What a survey did not return, looked for beside the write lane: there may be a million records to look through.</summary>
internal sealed class SurveyAbsences(Database database, AbsentRecords absent)
{
    private const int RowsAtOnce = 2000;

    /// <summary>The records that are kept and were not returned, in the order of their keys; no page of them is empty.</summary>
    public IAsyncEnumerable<IReadOnlyList<string>> FindAsync(
        Survey survey,
        string after,
        CancellationToken cancellationToken
    ) =>
        absent.FindAsync(
            survey.LocationId,
            survey.Kind,
            KeyRange.All,
            survey.StartNumber!.Value,
            after,
            cancellationToken
        );

    /// <summary>The stored active records of users for whom the read returned only retired records.</summary>
    public IAsyncEnumerable<IReadOnlyList<string>> FindRetiredAsync(
        Survey survey,
        string after,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
                survey,
                after,
                rows =>
                    rows.Where(row => row.ReadNumber >= survey.StartNumber && RecordKeys.ActiveUser(row.Key) != row.Key)
                        .Select(row => RecordKeys.ActiveUser(row.Key))
                        .Distinct(StringComparer.Ordinal),
                cancellationToken
            )
            .Select((keys, cancellation) => NotReturnedAsync(survey, keys, cancellation))
            .Where(keys => keys.Count > 0);

    private async ValueTask<IReadOnlyList<string>> NotReturnedAsync(
        Survey survey,
        IReadOnlyList<string> keys,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = await SnapshotRows.FindAsync(connection, survey.LocationId, survey.Kind, keys);
        return
        [
            .. keys.Where(key =>
                rows.GetValueOrDefault(key) is { Data: not null } row && row.ReadNumber < survey.StartNumber
            ),
        ];
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> ReadAsync(
        Survey survey,
        string after,
        Func<IReadOnlyList<SnapshotRow>, IEnumerable<string>> choose,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<SnapshotRow> rows;
        do
        {
            await using (var connection = await database.OpenReaderAsync(cancellationToken))
            {
                rows = await SnapshotRows.ReadPageAsync(connection, survey.LocationId, survey.Kind, after, RowsAtOnce);
            }

            List<string> chosen = [.. choose(rows)];
            if (chosen.Count > 0)
            {
                yield return chosen;
            }

            after = rows.Count > 0 ? rows[^1].Key : after;
        } while (rows.Count == RowsAtOnce);
    }
}
