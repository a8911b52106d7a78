namespace NotificationHub.Storage;

/// <summary>
/// The last rows that this process appended to a log, so that a stage need not read them back from the database. Their <c>seq</c> values
/// are consecutive: if another process appends a row between them, the earlier rows are forgotten.
/// </summary>
/// <param name="sizeOf">The bytes of a row's data.</param>
internal sealed class RecentRows<T>(Func<T, int> sizeOf)
    where T : class
{
    public const int Capacity = 4_096;

    public const int MaxBytes = 2 * 1024 * 1024;

    private readonly Lock sync = new();

    // Indexed by seq modulo the capacity, from first (inclusive) to end (exclusive); null if forgotten.
    private readonly T?[] ring = new T?[Capacity];
    private long first;
    private long end;
    private long bytes;
    private (long EventEpoch, long Changes) valid;

    /// <summary>Adds a committed row.</summary>
    /// <param name="seq">The <c>seq</c> of the row.</param>
    /// <param name="row">Null if only the database has its data.</param>
    public void Add(long seq, T? row)
    {
        lock (sync)
        {
            if (seq != end)
            {
                Clear(seq);
            }

            if (row is null)
            {
                Clear(seq + 1);
                return;
            }

            ring[end++ % Capacity] = row;
            bytes += sizeOf(row);
            while (end - first == Capacity || bytes > MaxBytes)
            {
                Remove(first++);
            }
        }
    }

    /// <summary>Reads a stage's rows after its cursor, in order, and forgets its rows up to and including the cursor.</summary>
    /// <param name="stored">The stage's cursor and the state of the logs: another state invalidates all rows in memory.</param>
    /// <param name="limit">The maximum number of rows.</param>
    /// <param name="matches">Whether a row belongs to the stage. Each row belongs to exactly one stage.</param>
    /// <returns>Null if the database must be read, because it may have other rows.</returns>
    public IReadOnlyList<(long Seq, T Row)>? Read(CursorState stored, int limit, Predicate<T> matches)
    {
        var after = stored.Position;
        lock (sync)
        {
            var state = (stored.EventEpoch, stored.Changes);
            if (state != valid)
            {
                valid = state;
                Clear(end);
            }

            Forget(after, matches);
            if (after + 1 < first || after + 1 >= end)
            {
                return null;
            }

            List<(long, T)> page = [];
            for (var seq = after + 1; seq < end && page.Count < limit; seq++)
            {
                if (ring[seq % Capacity] is { } row && matches(row))
                {
                    page.Add((seq, row));
                }
            }

            return page.Count == 0 ? null : page;
        }
    }

    // Each garbage collection copies the rows that are still in memory, so a stage forgets its rows as soon as it has passed them.
    private void Forget(long upTo, Predicate<T> matches)
    {
        for (var seq = first; seq <= upTo && seq < end; seq++)
        {
            if (ring[seq % Capacity] is { } row && matches(row))
            {
                Remove(seq);
            }
        }

        while (first < end && ring[first % Capacity] is null)
        {
            first++;
        }
    }

    private void Remove(long seq)
    {
        ref var row = ref ring[seq % Capacity];
        bytes -= row is null ? 0 : sizeOf(row);
        row = null;
    }

    private void Clear(long next)
    {
        Array.Clear(ring);
        (first, end, bytes) = (next, next, 0);
    }
}
