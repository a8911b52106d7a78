namespace NotificationHub.Tests.Crash;

public sealed class RefetchKillTests(ITestOutputHelper output)
{
    private const int Devices = 200;

    private static readonly string[] Apps = ["361304891", "361285480", "408709785"];

    [Fact]
    public async Task A_hub_that_is_killed_while_it_reads_still_ends_with_the_records_of_Apple()
    {
        var seed = Seeds.Create(output);
        var random = new Random(seed);
        await using var scene = await RefetchCrashScene.BeginAsync(seed);
        foreach (var app in Apps)
        {
            scene.Location.AddAsset(app, total: Devices);
        }

        foreach (var devices in Serials().Chunk(Devices / 5))
        {
            await scene.Location.AssociateAsync(Apps, devices);
            await KillWhileReadingAsync(scene, random, scene.Hub.KillWhenAsync);
        }

        await scene.Location.DisassociateAsync(Apps, [.. Serials().Where(_ => random.Next(3) == 0)]);
        await KillWhileReadingAsync(scene, random, scene.Hub.KillOwnerWhenAsync);

        await scene.EndAsync();
        output.WriteLine($"{scene.Apple.Requests.Total} requests, {scene.Hub.Feed.Events.Count} events");
    }

    private static IEnumerable<string> Serials() => Enumerable.Range(0, Devices).Select(n => $"DEV{n:000}");

    private static Task KillWhileReadingAsync(RefetchCrashScene scene, Random random, Func<Task, Task> killWhenAsync)
    {
        var requests = scene.Apple.Requests.Total + random.Next(1, 6);
        return killWhenAsync(Until.TrueAsync(() => scene.Apple.Requests.Total >= requests, "the hub reads from Apple"));
    }
}
