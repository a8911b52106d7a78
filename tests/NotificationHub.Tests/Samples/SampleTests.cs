using NotificationHub.Tests.Contract;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Samples;

/// <summary>The sample consumers as processes, on a real hub, the local Service Bus and a simulated Apple with faults.</summary>
public sealed class SampleTests(SampleScene scene) : IClassFixture<SampleScene>
{
    [Fact]
    public Task The_NET_sample_has_Apples_state_after_a_burst_with_faults_a_kill_and_a_late_start() =>
        RunAsync(SampleConsumer.Net(scene));

    [Fact]
    public async Task The_JavaScript_sample_has_Apples_state_after_a_burst_with_faults_a_kill_and_a_late_start() =>
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

        await scene.SendAsync(consumer, "not an event");
        await scene.UntilDeadLetteredAsync(consumer);
        await consumer.KillAsync();
        await scene.ChangeAsync();
        consumer.Start("late");
        await consumer.UntilItHasAsync("late", scene.State);
    }
}
