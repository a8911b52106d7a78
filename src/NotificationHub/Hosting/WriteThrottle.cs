namespace NotificationHub.Hosting;

/// <summary>Limits long work to a fifth of the writer's time: stages and deliveries have priority.</summary>
internal sealed class WriteThrottle(TimeProvider time)
{
    private const int Share = 4;

    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(10);

    public Task RestAsync(long startedAt, CancellationToken cancellationToken)
    {
        var rest = time.GetElapsedTime(startedAt) * Share;
        return Task.Delay(rest > Shortest ? rest : Shortest, time, cancellationToken);
    }
}
