using System.Collections.Concurrent;

namespace NotificationHub.Intake;

/// <summary>What came with one secret since it was last written down. Times are Unix milliseconds.</summary>
/// <param name="SecretId">The secret's row.</param>
/// <param name="Count">How many posts were kept.</param>
/// <param name="LastAt">When the last one came.</param>
/// <param name="ProvenAt">When the last one came that was no test; 0 where there was none.</param>
/// <param name="ProvenCount">How many were no tests.</param>
internal readonly record struct SecretUseCount(long SecretId, long Count, long LastAt, long ProvenAt, long ProvenCount);

/// <summary>Counts the posts that come with one secret: two stores and two increments each, whatever they are written down by.</summary>
/// <param name="secretId">The secret's row.</param>
/// <param name="touched">Takes in what has something to be written down.</param>
internal sealed class SecretUsage(long secretId, ConcurrentQueue<SecretUsage> touched)
{
    private long count;
    private long lastAt;
    private long provenAt;
    private long provenCount;

    public long SecretId => secretId;

    public void Note(long at, bool isTest)
    {
        Volatile.Write(ref lastAt, at);
        if (!isTest)
        {
            Volatile.Write(ref provenAt, at);
            Interlocked.Increment(ref provenCount);
        }

        Add(1);
    }

    /// <summary>What there is to be written down; it counts from nothing again.</summary>
    public SecretUseCount Take() =>
        new(
            secretId,
            Interlocked.Exchange(ref count, 0),
            Volatile.Read(ref lastAt),
            Interlocked.Exchange(ref provenAt, 0),
            Interlocked.Exchange(ref provenCount, 0)
        );

    /// <summary>It could not be written down.</summary>
    public void PutBack(SecretUseCount tally)
    {
        Interlocked.CompareExchange(ref provenAt, tally.ProvenAt, 0);
        Interlocked.Add(ref provenCount, tally.ProvenCount);
        Add(tally.Count);
    }

    private void Add(long posts)
    {
        if (Interlocked.Add(ref count, posts) == posts)
        {
            touched.Enqueue(this);
        }
    }
}
