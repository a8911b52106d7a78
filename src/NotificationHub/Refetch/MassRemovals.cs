using System.Data.Common;
using Dapper;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

internal enum RemovalOutcome
{
    Ordinary,

    /// <summary>So many records are missing that a second read must confirm their removal.</summary>
    Doubted,

    Confirmed,
}

internal sealed record RemovalAssessment(RemovalOutcome Outcome, long Known, long Absent, RemovalDoubt? Doubt = null)
{
    public string Reason =>
        $"{Absent} of {Known} records are missing; a second read must confirm this before they are removed";
}

/// <summary>Prevents a complete but wrong page from emptying a location.</summary>
// Read numbers prove that two reads agree: the first read did not return a record either if its read number is lower than
// the first read's first number.
internal sealed partial class MassRemovals(
    Database database,
    IOptions<RefetchOptions> options,
    RefetchMetrics metrics,
    TimeProvider time,
    ILogger<MassRemovals> logger
)
{
    /// <summary>Fewer missing records are never a mass removal.</summary>
    public const int LeastRecords = 25;

    public DateTimeOffset RepeatAt(RemovalDoubt doubt) => doubt.At + options.Value.StaleReadDelay;

    /// <summary>Checks a read whose pages are all committed, and reports a removal that two reads agree on.</summary>
    public async Task<RemovalAssessment?> FindDoubtAsync(
        RefetchContext context,
        ReadContext read,
        IReadOnlyList<RemovalScope> scope,
        long firstNumber
    )
    {
        var assessment = await AssessAsync(read, scope, firstNumber, context.CancellationToken);
        if (assessment.Outcome == RemovalOutcome.Confirmed)
        {
            await context.WriteAsync(transaction => PublishAsync(transaction, read, assessment));
        }

        if (assessment.Outcome != RemovalOutcome.Doubted)
        {
            return null;
        }

        metrics.CountMassRemoval(isConfirmed: false);
        Log.Doubted(logger, read.Kind.Name, read.LocationId, assessment.Absent, assessment.Known);
        return assessment;
    }

    // Counts outside the write transactions, because it may read a million rows.
    private async Task<RemovalAssessment> AssessAsync(
        ReadContext read,
        IReadOnlyList<RemovalScope> scope,
        long firstNumber,
        CancellationToken cancellationToken
    )
    {
        var (known, absent, once, twice) = (0L, 0L, 0L, 0L);
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        foreach (var part in scope)
        {
            var count = await CountAsync(connection, read, part, firstNumber);
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

        var now = time.GetStoredUtcNow();
        var early = scope
            .Select(part => part.Doubt)
            .OfType<RemovalDoubt>()
            // The clock was ahead at the first read, so its age is unknown: the delay starts now.
            .Select(doubt => doubt.At > now ? doubt with { At = now } : doubt)
            .Where(doubt => RepeatAt(doubt) > now)
            .MaxBy(doubt => doubt.At);
        return !IsMass(absent, known) || (once == 0 && twice == 0) ? new(RemovalOutcome.Ordinary, known, absent)
            : IsMass(once, known) ? new(RemovalOutcome.Doubted, known, absent, new RemovalDoubt(firstNumber, now))
            : early is not null ? new(RemovalOutcome.Doubted, known, absent, early)
            : new(twice > 0 ? RemovalOutcome.Confirmed : RemovalOutcome.Ordinary, known, absent);
    }

    private Task PublishAsync(WriteTransaction transaction, ReadContext read, RemovalAssessment assessment)
    {
        transaction.OnCommit(() =>
        {
            metrics.CountMassRemoval(isConfirmed: true);
            Log.Confirmed(logger, read.Kind.Name, read.LocationId, assessment.Absent, assessment.Known);
        });
        transaction.AppendEvents([
            NewEvent.Create(
                EventNames.ReconcileMassRemoval,
                read.LocationId,
                read.Kind.SubjectPrefix,
                new ReconcileMassRemoval
                {
                    Resource = read.Kind.Name,
                    Known = assessment.Known,
                    Removed = assessment.Absent,
                },
                EventJsonContext.Wire.ReconcileMassRemoval,
                time.GetStoredUtcNow()
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
        long firstNumber
    )
    {
        var range = part.Range;
        return connection.QuerySingleAsync<(long Known, long Absent, long Twice)>(
            $"""
            select count(*), coalesce(sum(case when read_number < @firstNumber then 1 else 0 end), 0),
                coalesce(sum(case when read_number < @firstNumber and read_number < @doubted then 1 else 0 end), 0)
            from snapshot
            where location_id = @LocationId and kind = @KindName and {range.Condition} and data is not null
            """,
            new
            {
                read.LocationId,
                read.KindName,
                range.From,
                range.Below,
                firstNumber,
                doubted = part.Doubt?.Number ?? 0,
            }
        );
    }

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
            "A read of {Kind} records of location {LocationId} lacks {Absent} of {Known} known records. Nothing was removed; a second read must confirm the removal."
        )]
        public static partial void Doubted(ILogger logger, string kind, string locationId, long absent, long known);

        [LoggerMessage(
            LogLevel.Warning,
            "A second read of {Kind} records of location {LocationId} also lacks {Absent} of {Known} known records. Removing them."
        )]
        public static partial void Confirmed(ILogger logger, string kind, string locationId, long absent, long known);
    }
}
