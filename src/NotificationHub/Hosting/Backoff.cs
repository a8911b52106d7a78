namespace NotificationHub.Hosting;

/// <summary>The pauses between retries: each is twice the one before, up to the longest.</summary>
internal readonly record struct Backoff(TimeSpan First, TimeSpan Longest)
{
    private const int MaxDoublings = 16;

    /// <param name="failures">The failures before the last one.</param>
    public TimeSpan PauseAfter(long failures)
    {
        var doubled = First * Math.Pow(2, Math.Min(failures, MaxDoublings));
        return doubled < Longest ? doubled : Longest;
    }

    /// <summary>The pause times a random factor between two bounds, so that replicas and locations do not retry in step.</summary>
    public TimeSpan PauseAfter(long failures, double least, double most, Random random) =>
        PauseAfter(failures) * (least + ((most - least) * random.NextDouble()));
}
