using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>The progress that one notification reports about its operation.</summary>
internal readonly record struct OperationProgress(
    string LocationId,
    string EventId,
    long Seq,
    DateTimeOffset ReceivedAt,
    string? Action,
    int Succeeded,
    int Failed
);

/// <summary>Collects the progress of operations, and writes it in the transaction that routes the notifications.</summary>
// One statement for all notifications, and a second one only for those that the result of an operation is derived from.
internal sealed class OperationProgressBatch
{
    /// <summary>The time without a notification before the first poll. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    /// <summary>The minimum time between two polls of one operation. Apple: Subscribing to Notifications.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string LocationId, string EventId), OperationProgressRow> operations = [];
    private OperationProgressRow? last;

    public int Count => operations.Count;

    public void Add(OperationProgress progress)
    {
        // Consecutive notifications often belong to one operation: a comparison is cheaper than a lookup.
        if (last?.Matches(progress) != true)
        {
            var key = (progress.LocationId, progress.EventId);
            if (!operations.TryGetValue(key, out last))
            {
                operations[key] = last = new OperationProgressRow(progress);
            }
        }

        last.Add(progress);
    }

    public async Task WriteAsync(WriteTransaction transaction)
    {
        if (operations.Count == 0)
        {
            return;
        }

        var known = await transaction.QueryNamedAsync<KnownOperation>(
            "RecordOperationProgress",
            ("Rows", StoredTime.SerializeRows(operations.Values.Select(operation => operation.ToRow()))),
            ("Pause", (long)PollInterval.TotalMilliseconds)
        );
        var linked = known.Where(operation => operation.ClosedAt is null).SelectMany(GetLinks).ToList();
        if (linked.Count > 0)
        {
            await transaction.InsertRowsAsync("LinkNotifications", linked);
        }

        if (known.Any(operation => operation.Counted))
        {
            transaction.OnCommit(transaction.Signals.OperationsCounted);
        }
    }

    private IEnumerable<object?[]> GetLinks(KnownOperation known)
    {
        var progress = operations[(known.LocationId, known.EventId)];
        return (known.Tasks is null ? progress.FailedSeqs : progress.Seqs).Select(seq =>
            new object?[] { known.LocationId, known.EventId, seq }
        );
    }

    private sealed class OperationProgressRow(OperationProgress first)
    {
        private DateTimeOffset firstAt = first.ReceivedAt;
        private DateTimeOffset lastAt = first.ReceivedAt;
        private int succeeded;
        private int failed;

        public List<long> Seqs { get; } = [];

        public List<long> FailedSeqs { get; } = [];

        public bool Matches(OperationProgress progress) =>
            progress.EventId == first.EventId && progress.LocationId == first.LocationId;

        public void Add(OperationProgress progress)
        {
            firstAt = StoredTime.Earlier(firstAt, progress.ReceivedAt);
            lastAt = StoredTime.Later(lastAt, progress.ReceivedAt);
            succeeded += progress.Succeeded;
            failed += progress.Failed;
            Seqs.Add(progress.Seq);
            if (progress.Failed > 0)
            {
                FailedSeqs.Add(progress.Seq);
            }
        }

        public object?[] ToRow() =>
            [
                first.LocationId,
                first.EventId,
                first.Action,
                firstAt,
                lastAt,
                lastAt + Silence,
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

        public DateTimeOffset? ClosedAt { get; init; }
    }
}
