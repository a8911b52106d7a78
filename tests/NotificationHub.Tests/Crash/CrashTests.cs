namespace NotificationHub.Tests.Crash;

public sealed class CrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_killed_hub_loses_and_duplicates_nothing()
    {
        var seed = Seeds.New(output);
        await using var scene = await CrashScene.BeginAsync(seed);

        await KillAsync(scene, seed, times: 12);

        await scene.EndAsync();
        Tell(scene);
    }

    [Fact]
    public async Task A_killed_hub_with_a_faulty_bus_loses_and_duplicates_nothing()
    {
        var seed = Seeds.New(output);
        await using var scene = await CrashScene.BeginAsync(seed);
        scene.Bus.Faults.BusyShare = 0.1;
        scene.Bus.Faults.InternalErrorShare = 0.1;
        scene.Bus.Faults.LostResponseShare = 0.2;

        await KillAsync(scene, seed, times: 8);

        await scene.EndAsync();
        scene.Bus.Topics.Sum(topic => topic.Duplicates).ShouldBePositive("a lost answer makes the hub send again");
        Tell(scene);
    }

    private static async Task KillAsync(CrashScene scene, int seed, int times)
    {
        var moments = new KillMoments(scene, seed);
        for (var round = 0; round < times; round++)
        {
            await moments.KillAsync(round);
        }

        await moments.KillOwnerAsync();

        scene.Poster.Interrupted.ShouldBePositive("a kill under load cuts posts off");
    }

    private void Tell(CrashScene scene) =>
        output.WriteLine(
            $"posted {scene.Poster.Posted.Count}, answered {scene.Poster.Answers}, interrupted {scene.Poster.Interrupted}, "
                + $"sent again {scene.Bus.Topics.Sum(topic => topic.Duplicates)}, cursors looked at {scene.Hub.Cursors.Looks} times"
        );
}
