using System.Diagnostics;
using NotificationHub.Tests.Telemetry;

namespace NotificationHub.Tests.Publishing;

[Collection(ProcessTelemetry.Name)]
public sealed class SendTraceTests : IAsyncLifetime
{
    private readonly RecordedTraces traces = new();
    private PublishingScene scene = null!;

    public async ValueTask InitializeAsync() => scene = await PublishingScene.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await scene.DisposeAsync();
        traces.Dispose();
    }

    [Fact]
    public async Task A_batch_that_is_not_taken_says_why_in_a_word()
    {
        await scene.AppendAsync(3);
        scene.Bus.Respond = (_, _) => throw ScriptedServiceBus.Stopped();

        await scene.PassAsync();

        var send = traces.Ended.Single(trace => trace.DisplayName == "send assets");
        send.Status.ShouldBe(ActivityStatusCode.Error);
        send.StatusDescription.ShouldBeNull();
        send.GetTagItem("error.type").ShouldBe("Timeout");
    }

    [Fact]
    public async Task A_batch_that_is_accepted_says_what_it_contained()
    {
        await scene.AppendAsync(3);

        await scene.PassAsync();

        var send = traces.Ended.Single(trace => trace.DisplayName == "send assets");
        send.Status.ShouldBe(ActivityStatusCode.Unset);
        send.GetTagItem("messaging.batch.message_count").ShouldBe(3);
    }

    [Fact]
    public async Task A_pass_that_finds_nothing_is_not_traced()
    {
        await scene.PassAsync();

        traces.Ended.ShouldBeEmpty();
    }
}
