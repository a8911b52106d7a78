using System.Text.Json;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>What one notification says of the operation that caused it.</summary>
/// <param name="LocationId">Whose it is.</param>
/// <param name="EventId">Apple's id of the operation.</param>
/// <param name="Seq">The notification.</param>
/// <param name="ReceivedAt">When it came, in Unix milliseconds.</param>
/// <param name="Action">Apple's word for what was asked for: <c>ASSOCIATE</c>…</param>
/// <param name="Succeeded">How many tasks it lists as done.</param>
/// <param name="Failed">How many tasks it lists as failed.</param>
internal readonly record struct OperationProgress(
    string LocationId,
    string EventId,
    long Seq,
    long ReceivedAt,
    string? Action,
    int Succeeded,
    int Failed
);

/// <summary>
/// Collects what was heard of operations and notes it in their ledger, in the transaction that routes it: one statement, however
/// many notifications there are, and a second one only for those that an operation's end is told from.
/// </summary>
internal sealed class OperationProgressBatch
{
    /// <summary>How long nothing must have been heard of an operation before Apple is asked. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    /// <summary>The least time between two questions about one operation. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string LocationId, string EventId), OperationProgressRow> operations = [];
    private OperationProgressRow? last;

    /// <summary>How many operations were heard of.</summary>
    public int Count => operations.Count;

    public void Add(OperationProgress heard)
    {
        // Apple's bursts are of one operation: to compare is cheaper than to look up.
        if (last?.IsOf(heard) != true)
        {
            var key = (heard.LocationId, heard.EventId);
            if (!operations.TryGetValue(key, out last))
            {
                operations[key] = last = new OperationProgressRow(heard);
            }
        }

        last.Add(heard);
    }

    public async Task WriteAsync(WriteTransaction transaction)
    {
        if (operations.Count == 0)
        {
            return;
        }

        var known = await transaction.QueryAsync<KnownOperation>(
            transaction.Sql("RecordOperationProgress"),
            new
            {
                Rows = JsonSerializer.Serialize(operations.Values.Select(one => one.Row())),
                Pause = MillisecondsOf(Pause),
            }
        );
        var telling = known.Where(one => one.ClosedAt is null).SelectMany(Telling).ToList();
        if (telling.Count > 0)
        {
            await transaction.ExecuteAsync(
                transaction.Sql("LinkNotifications"),
                new { Rows = JsonSerializer.Serialize(telling) }
            );
        }

        if (known.Any(one => one.Counted))
        {
            transaction.OnCommit(transaction.Signals.OperationsCounted);
        }
    }

    private IEnumerable<object[]> Telling(KnownOperation known)
    {
        var heard = operations[(known.LocationId, known.EventId)];
        return (known.Tasks is null ? heard.FailedSeqs : heard.Seqs).Select(seq =>
            new object[] { known.LocationId, known.EventId, seq }
        );
    }

    private static long MillisecondsOf(TimeSpan span) => (long)span.TotalMilliseconds;

    private sealed class OperationProgressRow(OperationProgress first)
    {
        private long firstAt = first.ReceivedAt;
        private long lastAt = first.ReceivedAt;
        private int succeeded;
        private int failed;

        public List<long> Seqs { get; } = [];

        public List<long> FailedSeqs { get; } = [];

        public bool IsOf(OperationProgress heard) =>
            heard.EventId == first.EventId && heard.LocationId == first.LocationId;

        public void Add(OperationProgress heard)
        {
            firstAt = Math.Min(firstAt, heard.ReceivedAt);
            lastAt = Math.Max(lastAt, heard.ReceivedAt);
            succeeded += heard.Succeeded;
            failed += heard.Failed;
            Seqs.Add(heard.Seq);
            if (heard.Failed > 0)
            {
                FailedSeqs.Add(heard.Seq);
            }
        }

        public object?[] Row() =>
            [
                first.LocationId,
                first.EventId,
                first.Action,
                firstAt,
                lastAt,
                lastAt + MillisecondsOf(Silence),
                Seqs.Count,
                succeeded,
                failed,
            ];
    }

    private sealed record KnownOperation
    {
        public string LocationId { get; init; } = "";

        public string EventId { get; init; } = "";

        public long? Tasks { get; init; }

        public bool Counted { get; init; }

        public long? ClosedAt { get; init; }
    }
}
