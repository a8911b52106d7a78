namespace NotificationHub.Storage;

/// <summary>
/// The last rows that this process appended to a log, so that a stage need not read them back from the database. Their <c>seq</c> has no
/// gap, so no other process has appended a row between them.
/// </summary>
/// <param name="sizeOf">The bytes of a row's data.</param>
internal sealed class RecentRows<T>(Func<T, int> sizeOf)
    where T : class
{
    public const int Capacity = 4_096;

    public const int MaxBytes = 2 * 1024 * 1024;

    private readonly Lock sync = new();

    // By seq, modulo the capacity: the rows from first to end, without end; null if forgotten.
    private readonly T?[] ring = new T?[Capacity];
    private long first;
    private long end;
    private long bytes;
    private long changes;

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

    /// <summary>Reads a stage's rows after <paramref name="after"/>, in order, and forgets its rows up to there.</summary>
    /// <param name="after">The stage's cursor.</param>
    /// <param name="recorded">The number of changes that the database has recorded: a new one invalidates all rows in memory.</param>
    /// <param name="limit">The maximum number of rows.</param>
    /// <param name="matches">Whether the stage reads a row. No other stage reads it.</param>
    /// <returns>Null if the database must be read, because it may have other rows.</returns>
    public IReadOnlyList<(long Seq, T Row)>? Read(long after, long recorded, int limit, Predicate<T> matches)
    {
        lock (sync)
        {
            if (recorded > changes)
            {
                changes = recorded;
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

    // A row that stays in memory for long survives several garbage collections, each of which copies it.
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
