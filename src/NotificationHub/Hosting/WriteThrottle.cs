namespace NotificationHub.Hosting;

/// <summary>Keeps long work from having more of the write lane than a fifth: the stages and the posts come first.</summary>
internal sealed class WriteThrottle(TimeProvider time)
{
    private const int Share = 4;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    /// <summary>Rests after work that began at this timestamp.</summary>
    public Task RestAsync(long startedAt, CancellationToken cancellationToken)
    {
        var rest = time.GetElapsedTime(startedAt) * Share;
        return Task.Delay(rest > Shortest ? rest : Shortest, time, cancellationToken);
    }
}
