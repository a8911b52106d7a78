using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.Crash;

/// <summary>
/// Four hubs on one database; at any moment some are killed, paused past their leases or disconnected. The seed selects the failures:
/// <c>NOTIFICATIONHUB_CHAOS_SEEDS=20</c> runs seeds 1 to 20, <c>NOTIFICATIONHUB_CHAOS_SEEDS=7-7</c> repeats seed 7.
/// </summary>
public sealed class ReplicaTests(ITestOutputHelper output)
{
    private const string Variable = "NOTIFICATIONHUB_CHAOS_SEEDS";
    private const int SeedsInTheSuite = 1;
    private const int Rounds = 3;

    public static TheoryData<int> SeedsToTry => Seeds.From(Variable, SeedsInTheSuite);

    [SignalsTheory]
    [MemberData(nameof(SeedsToTry))]
    public async Task Four_hubs_with_random_failures_route_each_notification_once_and_publish_in_order(int seed)
    {
        using var folder = new TemporaryFolder();
        using var store = TestStore.At(folder.File("hub.db"));
        await RunAsync(new HubDatabase(store), folder.Path, seed);
    }

    private async Task RunAsync(HubDatabase database, string folder, int seed)
    {
        await using var scene = await ReplicaScene.BeginAsync(folder, database, seed);
        try
        {
            await scene.WithCursorChecksAsync(() => scene.Injector.RunAsync(Rounds));
            await scene.EndAsync();
        }
        catch
        {
            output.WriteLine(scene.Output);
            throw;
        }
        finally
        {
            output.WriteLine($"{Variable}={seed}-{seed}");
            output.WriteLine(scene.Summary);
        }
    }
}
