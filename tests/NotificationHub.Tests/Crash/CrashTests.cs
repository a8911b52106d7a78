namespace NotificationHub.Tests.Crash;

public sealed class CrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_killed_hub_loses_and_duplicates_nothing()
    {
        var seed = Seeds.Create(output);
        await using var scene = await CrashScene.BeginAsync(seed, relay: true);

        await KillAsync(scene, seed, times: 12);

        await scene.EndAsync();
        WriteSummary(scene);
    }

    [Fact]
    public async Task A_killed_hub_with_a_faulty_bus_loses_and_duplicates_nothing()
    {
        var seed = Seeds.Create(output);
        await using var scene = await CrashScene.BeginAsync(seed);
        scene.Bus.Faults.BusyShare = 0.1;
        scene.Bus.Faults.InternalErrorShare = 0.1;
        scene.Bus.Faults.LostResponseShare = 0.2;

        await KillAsync(scene, seed, times: 8);

        await scene.EndAsync();
        scene.Bus.Topics.Sum(topic => topic.Duplicates).ShouldBePositive("the hub sends again after a lost response");
        WriteSummary(scene);
    }

    private static async Task KillAsync(CrashScene scene, int seed, int times)
    {
        var moments = new KillMoments(scene, seed);
        for (var round = 0; round < times; round++)
        {
            await moments.KillAsync(round);
        }

        await moments.KillOwnerAsync();

        scene.Sender.FailedAttempts.ShouldBePositive("killing a hub under load interrupts deliveries");
    }

    private void WriteSummary(CrashScene scene) =>
        output.WriteLine(
            $"sent {scene.Sender.Sent.Count}, accepted {scene.Sender.AcceptedCount}, failed attempts {scene.Sender.FailedAttempts}, "
                + $"published again {scene.Bus.Topics.Sum(topic => topic.Duplicates)}, cursor checks {scene.Hub.Cursors.Checks}, "
                + $"relayed {scene.Relayed}"
        );
}
