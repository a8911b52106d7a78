using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

/// <summary>Whether the records that a complete read lacks may be removed.</summary>
internal enum RemovalVerdict
{
    /// <summary>They may be removed.</summary>
    Ordinary,

    /// <summary>So many are missing that a second read, later and from the first page, must confirm it.</summary>
    Doubted,

    /// <summary>Two reads agree that many are missing; they may be removed.</summary>
    Confirmed,
}

/// <param name="Known">The records of the scope before the read.</param>
/// <param name="Absent">How many of them the read lacks.</param>
/// <param name="Doubt">The doubted read.</param>
internal sealed record RemovalAssessment(RemovalVerdict Verdict, long Known, long Absent, RemovalDoubt? Doubt = null)
{
    public string Reason =>
        $"{Absent} of {Known} records are missing; a second read must confirm this before they are removed";
}

/// <summary>
/// Prevents a complete but wrong page from emptying a location. Read numbers prove that two reads agree: a record that the second read
/// lacks was not returned by the first read either if its read number is lower than that of the first read's first page.
/// </summary>
internal sealed partial class MassRemovals(
    Database database,
    IOptions<RefetchOptions> options,
    RefetchMetrics metrics,
    TimeProvider time,
    ILogger<MassRemovals> logger
)
{
    /// <summary>Fewer records may always be removed.</summary>
    public const int LeastRecords = 25;

    /// <summary>When a doubted read is repeated, in Unix milliseconds.</summary>
    public long RepeatAt(RemovalDoubt doubt) => doubt.At + (long)options.Value.StaleReadDelay.TotalMilliseconds;

    /// <summary>Checks a read whose pages are all committed, and reports a removal that two reads agree on.</summary>
    /// <param name="start">The number of the read's first page.</param>
    /// <returns>Null if the records may be removed.</returns>
    public async Task<RemovalAssessment?> FindDoubtAsync(
        RefetchContext turn,
        ReadContext read,
        IReadOnlyList<RemovalScope> scope,
        long start
    )
    {
        var judgment = await JudgeAsync(read, scope, start, turn.CancellationToken);
        if (judgment.Verdict == RemovalVerdict.Confirmed)
        {
            await turn.WriteAsync(transaction => AnnounceAsync(transaction, read, judgment));
        }

        if (judgment.Verdict != RemovalVerdict.Doubted)
        {
            return null;
        }

        metrics.CountMassRemoval(isBelieved: false);
        Log.Doubted(logger, read.Kind.Name, read.LocationId, judgment.Absent, judgment.Known);
        return judgment;
    }

    /// <summary>Counts outside the write transactions.</summary>
    private async Task<RemovalAssessment> JudgeAsync(
        ReadContext read,
        IReadOnlyList<RemovalScope> scope,
        long start,
        CancellationToken cancellationToken
    )
    {
        var (known, absent, once, twice) = (0L, 0L, 0L, 0L);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        foreach (var part in scope)
        {
            var count = await CountAsync(connection, read, part, start);
            known += count.Known;
            absent += count.Absent;
            if (
                count.Absent > 0
                && !part.IsAnnounced
                && !(part.IsNotified && await IsExpectedAsync(connection, read, part.Range, count))
            )
            {
                once += count.Absent - count.Twice;
                twice += count.Twice;
            }
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var early = scope
            .Select(part => part.Doubt)
            .OfType<RemovalDoubt>()
            // The clock was ahead at the first read, so its age is unknown: the pause starts now.
            .Select(doubt => doubt.At > now ? doubt with { At = now } : doubt)
            .Where(doubt => RepeatAt(doubt) > now)
            .MaxBy(doubt => doubt.At);
        return !IsMass(absent, known) || (once == 0 && twice == 0) ? new(RemovalVerdict.Ordinary, known, absent)
            : IsMass(once, known) ? new(RemovalVerdict.Doubted, known, absent, new RemovalDoubt(start, now))
            : early is not null ? new(RemovalVerdict.Doubted, known, absent, early)
            : new(twice > 0 ? RemovalVerdict.Confirmed : RemovalVerdict.Ordinary, known, absent);
    }

    /// <summary>Reports a removal that two reads agree on, before the records are removed.</summary>
    private Task AnnounceAsync(WriteTransaction transaction, ReadContext read, RemovalAssessment judgment)
    {
        transaction.OnCommit(() =>
        {
            metrics.CountMassRemoval(isBelieved: true);
            Log.Confirmed(logger, read.Kind.Name, read.LocationId, judgment.Absent, judgment.Known);
        });
        transaction.AppendEvents([
            NewEvent.Create(
                EventNames.ReconcileMassRemoval,
                read.LocationId,
                read.Kind.SubjectPrefix,
                new ReconcileMassRemoval
                {
                    Resource = read.Kind.Name,
                    Known = judgment.Known,
                    Removed = judgment.Absent,
                },
                EventJsonContext.Wire.ReconcileMassRemoval,
                time.GetUtcNow().ToUnixTimeMilliseconds()
            ),
        ]);
        return Task.CompletedTask;
    }

    private bool IsMass(long absent, long known) =>
        absent >= LeastRecords && absent > options.Value.MaxRemovalShare * known;

    private static Task<(long Known, long Absent, long Twice)> CountAsync(
        DbConnection connection,
        ReadContext read,
        RemovalScope part,
        long start
    )
    {
        var range = part.Range;
        return connection.QuerySingleAsync<(long Known, long Absent, long Twice)>(
            $"""
            select count(*), coalesce(sum(case when read_number < @start then 1 else 0 end), 0),
                coalesce(sum(case when read_number < @start and read_number < @doubted then 1 else 0 end), 0)
            from snapshot
            where location_id = @LocationId and kind = @Kind and {range.Condition} and data is not null
            """,
            new
            {
                read.LocationId,
                Kind = read.Kind.Name,
                range.From,
                range.Below,
                start,
                doubted = part.Doubt?.Number ?? 0,
            }
        );
    }

    /// <summary>Whether the asset or subscription, read by another request, has as many holders as the read returned.</summary>
    private static async Task<bool> IsExpectedAsync(
        DbConnection connection,
        ReadContext read,
        KeyRange range,
        (long Known, long Absent, long Twice) count
    )
    {
        if (read.Kind.CountedBy is not { } counting)
        {
            return false;
        }

        var key = range.From.TrimEnd('/');
        var found = await SnapshotRows.FindAsync(connection, read.LocationId, counting, [key]);
        return found.GetValueOrDefault(key)?.Data is { } data
            && counting.ReadAssignedCount(data) == count.Known - count.Absent;
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "A complete read of {Kind} records of location {LocationId} lacks {Absent} of {Known} known records. None were removed; the read will be repeated."
        )]
        public static partial void Doubted(ILogger logger, string kind, string locationId, long absent, long known);

        [LoggerMessage(
            LogLevel.Warning,
            "A second read of {Kind} records of location {LocationId} also lacks {Absent} of {Known} known records. Removing them."
        )]
        public static partial void Confirmed(ILogger logger, string kind, string locationId, long absent, long known);
    }
}
