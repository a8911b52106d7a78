namespace NotificationHub.Tests.Crash;

/// <summary>Kills a hub at random moments: while it stores, publishes, routes or starts.</summary>
internal sealed class KillMoments(CrashScene scene, int seed)
{
    private const int Kinds = 4;

    private readonly Random random = new(seed);

    public Task KillAsync(int round) =>
        (round % Kinds) switch
        {
            0 => KillWhileStoringAsync(),
            1 => KillWhilePublishingAsync(),
            2 => KillWhileRoutingAsync(scene.Hub.KillWhenAsync),
            _ => scene.Hub.KillWhileStartingAsync(TimeSpan.FromMilliseconds(random.Next(1500))),
        };

    /// <summary>Kills the hub while it routes; the next hub must wait for its leases to expire.</summary>
    public Task KillOwnerAsync() => KillWhileRoutingAsync(scene.Hub.KillOwnerWhenAsync);

    private Task KillWhileStoringAsync()
    {
        var acceptedCount = scene.Sender.AcceptedCount + random.Next(1, 200);
        return scene.Hub.KillWhenAsync(
            Until.TrueAsync(() => scene.Sender.AcceptedCount >= acceptedCount, "notifications are accepted")
        );
    }

    private async Task KillWhileRoutingAsync(Func<Task, Task> killWhenAsync)
    {
        var position = await scene.Hub.Database.CursorAsync("routing") + random.Next(1, 500);
        await killWhenAsync(
            Until.TrueAsync(
                async () => await scene.Hub.Database.CursorAsync("routing") >= position,
                "notifications are routed"
            )
        );
    }

    private Task KillWhilePublishingAsync()
    {
        var messages = PublishedMessages() + random.Next(1, 500);
        return scene.Hub.KillWhenAsync(Until.TrueAsync(() => PublishedMessages() >= messages, "events are published"));
    }

    private long PublishedMessages() => scene.Bus.Topics.Sum(topic => topic.Accepted);
}
