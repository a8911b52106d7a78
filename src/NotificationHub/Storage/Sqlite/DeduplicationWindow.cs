namespace NotificationHub.Storage.Sqlite;

/// <summary>
/// The hashes of the last notifications, in memory: an index on hashes would write a random page for each delivery, and become slower as
/// the log grows.
/// </summary>
/// <param name="capacity">The number of notifications among which a repeat is recognized.</param>
// Only the writer uses it, so it needs no lock.
internal sealed class DeduplicationWindow(int capacity)
{
    private readonly RecentHashes ids = new(capacity);

    // A sender may use one ID for many bodies.
    private readonly RecentHashes bodies = new(capacity);

    public int Capacity => capacity;

    /// <summary>The last <c>seq</c> that was added; 0 before the first.</summary>
    public long LastSeq => ids.LastSeq;

    /// <param name="seq">Higher than all before.</param>
    public void Add(long seq, long dedupHash, long bodyHash)
    {
        ids.Add(seq, dedupHash);
        bodies.Add(seq, dedupHash ^ bodyHash);
    }

    /// <summary>Removes the notifications after <paramref name="seq"/>, whose transaction was rolled back.</summary>
    public void RemoveAfter(long seq)
    {
        ids.RemoveAfter(seq);
        bodies.RemoveAfter(seq);
    }

    /// <summary>Finds the last notification before <paramref name="before"/> that probably has this ID.</summary>
    /// <returns>Its <c>seq</c>; null if there is none.</returns>
    public long? FindId(long dedupHash, long before) => ids.Find(dedupHash, before);

    /// <summary>Finds the last notification before <paramref name="before"/> that probably has this ID and body.</summary>
    /// <returns>Its <c>seq</c>; null if there is none.</returns>
    public long? FindBody(long dedupHash, long bodyHash, long before) => bodies.Find(dedupHash ^ bodyHash, before);
}

/// <summary>Finds the <c>seq</c> of a hash among the last ones that were added.</summary>
/// <param name="capacity">The number of hashes; each takes 24 bytes.</param>
internal sealed class RecentHashes(int capacity)
{
    private const int InitialSize = 1024;

    // A ring. The entries of a bucket are a chain from the newest to the oldest.
    private Entry[] entries = new Entry[Math.Min(InitialSize, capacity)];
    private int[] buckets = NewBuckets(Math.Min(InitialSize, capacity));
    private long count;

    public long LastSeq => count == 0 ? 0 : Last.Seq;

    private ref Entry Last => ref entries[(count - 1) % entries.Length];

    public void Add(long seq, long hash)
    {
        if (count == entries.Length && entries.Length < capacity)
        {
            Grow();
        }

        count++;
        ref var bucket = ref BucketOf(hash);
        Last = new Entry(seq, hash, bucket);
        bucket = (int)((count - 1) % entries.Length);
    }

    public void RemoveAfter(long seq)
    {
        for (; count > 0 && Last.Seq > seq; count--)
        {
            BucketOf(Last.Hash) = Last.Next;
            // An older chain can lead here, to an entry that this one has overwritten.
            Last = new Entry(long.MaxValue, Hash: 0, Next: -1);
        }
    }

    public long? Find(long hash, long before)
    {
        var newer = long.MaxValue;
        for (var slot = BucketOf(hash); slot >= 0; slot = entries[slot].Next)
        {
            var entry = entries[slot];
            // The older entry was overwritten by a newer one.
            if (entry.Seq >= newer)
            {
                return null;
            }

            if (entry.Hash == hash && entry.Seq < before)
            {
                return entry.Seq;
            }

            newer = entry.Seq;
        }

        return null;
    }

    private static int[] NewBuckets(int size)
    {
        var created = new int[size];
        Array.Fill(created, -1);
        return created;
    }

    // The hash is a part of a SHA-256 digest: its bits are random.
    private ref int BucketOf(long hash) => ref buckets[(int)((ulong)hash % (ulong)buckets.Length)];

    private void Grow()
    {
        var before = entries;
        var size = (int)Math.Min(2L * before.Length, capacity);
        (entries, buckets, count) = (new Entry[size], NewBuckets(size), 0);
        foreach (var entry in before)
        {
            Add(entry.Seq, entry.Hash);
        }
    }

    private readonly record struct Entry(long Seq, long Hash, int Next);
}
