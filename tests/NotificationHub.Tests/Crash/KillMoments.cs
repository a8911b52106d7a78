namespace NotificationHub.Tests.Crash;

/// <summary>Random moments in the life of a hub, each at another place of the flow.</summary>
internal sealed class KillMoments(CrashScene scene, int seed)
{
    private const int Kinds = 4;

    private readonly Random random = new(seed);

    public Task KillAsync(int round) =>
        (round % Kinds) switch
        {
            0 => KillWhilePostingAsync(),
            1 => KillWhilePublishingAsync(),
            2 => KillWhileRoutingAsync(scene.Hub.KillAtAsync),
            _ => scene.Hub.KillWhileStartingAsync(TimeSpan.FromMilliseconds(random.Next(1500))),
        };

    /// <summary>While it routes, and thus with leases in its hands, which the next hub has to wait for.</summary>
    public Task KillOwnerAsync() => KillWhileRoutingAsync(scene.Hub.KillOwnerAtAsync);

    private Task KillWhilePostingAsync()
    {
        var answers = scene.Poster.Answers + random.Next(1, 200);
        return scene.Hub.KillAtAsync(Until.TrueAsync(() => scene.Poster.Answers >= answers, "posts are answered"));
    }

    private async Task KillWhileRoutingAsync(Func<Task, Task> killAtAsync)
    {
        var position = await scene.Hub.Database.CursorAsync("routing") + random.Next(1, 500);
        await killAtAsync(
            Until.TrueAsync(async () => await scene.Hub.Database.CursorAsync("routing") >= position, "posts are routed")
        );
    }

    private Task KillWhilePublishingAsync()
    {
        var messages = Accepted() + random.Next(1, 500);
        return scene.Hub.KillAtAsync(Until.TrueAsync(() => Accepted() >= messages, "events are published"));
    }

    private long Accepted() => scene.Bus.Topics.Sum(topic => topic.Accepted);
}
