namespace NotificationHub.Hosting.Retention;

/// <summary>How many rows a transaction takes out: as many as it does in about two milliseconds, for posts wait meanwhile.</summary>
internal sealed class BatchSize
{
    // Bodies of a megabyte lie in hundreds of pages each.
    private const int Least = 10;

    // SQL Server locks the whole table from 5,000 rows on.
    private const int Most = 1_000;

    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(2);

    public int Rows { get; private set; } = 100;

    public void Note(int removed, TimeSpan taken)
    {
        if (taken > Slow)
        {
            Rows = Math.Max(Rows / 2, Least);
        }
        else if (taken < Quick && removed >= Rows)
        {
            Rows = Math.Min(Rows * 2, Most);
        }
    }
}
