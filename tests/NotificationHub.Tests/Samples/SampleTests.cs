using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Samples;

/// <summary>The sample consumers as processes, on a real hub, the local Service Bus and a simulated Apple with faults.</summary>
public sealed class SampleTests(SampleScene scene) : IClassFixture<SampleScene>
{
    [Fact]
    public Task The_NET_sample_has_Apples_state_after_a_burst_with_faults_a_kill_a_late_start_and_a_replay() =>
        RunAsync(SampleConsumer.Net(scene));

    [Fact]
    public async Task The_JavaScript_sample_has_Apples_state_after_a_burst_with_faults_a_kill_a_late_start_and_a_replay() =>
        await RunAsync(await SampleConsumer.JavaScriptAsync(scene));

    [Fact]
    public void The_NET_sample_has_less_than_120_lines() =>
        File.ReadAllLines(Path.Combine(EventFiles.Root, "samples/Consumer/Program.cs")).Length.ShouldBeLessThan(120);

    private async Task RunAsync(SampleConsumer consumer)
    {
        await using var _ = consumer;
        consumer.Start("first");
        await consumer.UntilItHasAsync("first", scene.State);
        await scene.BurstAsync();
        await Until.TrueAsync(() => consumer.Lines("first").Count > 0, "the consumer has applied the first events");
        await consumer.KillAsync();
        consumer.Start("first");
        await consumer.UntilItHasAsync("first", scene.State);

        foreach (var broken in (string[])["not an event", "{}", "null", Changed("5"), Changed("""{"after":"text"}""")])
        {
            await scene.SendAsync(consumer, broken);
            await scene.UntilDeadLetteredAsync(consumer);
        }

        await consumer.KillAsync();
        await scene.ChangeAsync();
        consumer.Start("late");
        await consumer.UntilItHasAsync("late", scene.State);

        // The copy misses events, and gets them with older ones.
        await consumer.KillAsync();
        await scene.ChangeAsync();
        await scene.UntilPublishedAsync();
        await scene.LoseMessagesAsync(consumer);
        consumer.Lines("late").ShouldNotBe(scene.State);
        consumer.Start("late");
        await scene.ReplayAsync(consumer);
        await consumer.UntilItHasAsync("late", scene.State);
        await scene.UntilReceivedAsync(consumer);
        consumer.Lines("late").ShouldBe(scene.State);
    }

    private static string Changed(string data) =>
        $$"""
            {"specversion":"1.0","id":"1-1","source":"/hub","type":"notificationhub.asset.changed.v1",
            "subject":"assets/1/STDQ","revision":"{{new string('9', 19)}}","data":{{data}}}
            """;
}
