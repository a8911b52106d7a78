namespace NotificationHub.Tests.Crash;

public sealed class RefetchKillTests(ITestOutputHelper output)
{
    private const int Devices = 200;

    private static readonly string[] Apps = ["361304891", "361285480", "408709785"];

    [Fact]
    public async Task A_hub_that_is_killed_while_it_reads_still_ends_with_the_records_of_Apple()
    {
        var seed = Seeds.New(output);
        var random = new Random(seed);
        await using var scene = await RefetchCrashScene.BeginAsync(seed);
        foreach (var app in Apps)
        {
            scene.Library.AddAsset(app, total: Devices);
        }

        foreach (var devices in Serials().Chunk(Devices / 5))
        {
            await scene.Library.AssociateAsync(Apps, devices);
            await KillWhileReadingAsync(scene, random, scene.Hub.KillAtAsync);
        }

        await scene.Library.DisassociateAsync(Apps, [.. Serials().Where(_ => random.Next(3) == 0)]);
        await KillWhileReadingAsync(scene, random, scene.Hub.KillOwnerAtAsync);

        await scene.EndAsync();
        output.WriteLine($"{scene.Apple.Requests.Total} requests, {scene.Hub.Feed.Events.Count} events");
    }

    private static IEnumerable<string> Serials() => Enumerable.Range(0, Devices).Select(n => $"DEV{n:000}");

    private static Task KillWhileReadingAsync(RefetchCrashScene scene, Random random, Func<Task, Task> killAtAsync)
    {
        var requests = scene.Apple.Requests.Total + random.Next(1, 6);
        return killAtAsync(Until.TrueAsync(() => scene.Apple.Requests.Total >= requests, "the hub reads from Apple"));
    }
}
