using Dapper;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>
/// What the notifications that were kept of an operation say of its tasks, each task once however often it was notified: those
/// with failures, and all of them where the number of tasks is known.
/// </summary>
internal sealed class TaskCounts
{
    private const int PageRows = 50;

    /// <summary>Far more than Apple's largest operation has: what is beyond is not read, and Apple is asked instead.</summary>
    private const int MaxNotifications = 2_000;

    private readonly HashSet<OperationItem> done = [];
    private readonly HashSet<OperationItem> failed = [];
    private bool isPartial;

    public int Done => done.Count;

    public int Failed => failed.Count;

    public FailureList Failures { get; } = new();

    /// <summary>Whether every task is accounted for, beyond doubt: one that was said to have failed and to be done is a doubt.</summary>
    public bool Settles(long? tasks) => !isPartial && Done + Failed == tasks && !done.Overlaps(failed);

    public static async Task<TaskCounts> ReadAsync(
        Database database,
        Operation operation,
        CancellationToken cancellationToken
    )
    {
        var tally = new TaskCounts();
        var after = 0L;
        for (var read = 0; ; read += PageRows)
        {
            var page = await ReadPageAsync(database, operation, after, cancellationToken);
            foreach (var (_, type, body) in page)
            {
                tally.Add(NotifiedTasks.Read(type, body));
            }

            if (page.Count < PageRows || read >= MaxNotifications)
            {
                tally.isPartial |= page.Count == PageRows;
                return tally;
            }

            after = page[^1].Seq;
        }
    }

    private void Add(NotifiedTasks? notified)
    {
        if (notified is null)
        {
            isPartial = true;
        }
        else if (!notified.IsFailure)
        {
            done.UnionWith(notified.Items);
        }
        else
        {
            List<OperationItem> added = [.. notified.Items.Where(failed.Add)];
            if (added.Count > 0)
            {
                Failures.Add(notified.Error?.ErrorNumber, notified.Error?.ErrorMessage, added);
            }
        }
    }

    private static async Task<IReadOnlyList<(long Seq, string? Type, byte[] Body)>> ReadPageAsync(
        Database database,
        Operation operation,
        long after,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var page = await connection.QueryAsync<(long, string?, byte[])>(
            $"""
            select n.seq, n.notification_type, n.body
            from operation_notification o
            join notification_log n on n.seq = o.seq
            where o.event_id = @EventId and o.location_id = @LocationId and o.seq > @after
            order by o.seq
            {connection.Limit("@PageRows")}
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                after,
                PageRows,
            }
        );
        return page.AsList();
    }
}
