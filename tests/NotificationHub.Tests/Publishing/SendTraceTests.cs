using System.Diagnostics;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;
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
    public async Task A_failed_send_records_the_kind_of_error()
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
    public async Task An_accepted_batch_records_its_number_of_messages()
    {
        await scene.AppendAsync(3);

        await scene.PassAsync();

        var send = traces.Ended.Single(trace => trace.DisplayName == "send assets");
        send.Status.ShouldBe(ActivityStatusCode.Unset);
        send.GetTagItem("messaging.batch.message_count").ShouldBe(3);
    }

    [Fact]
    public async Task A_send_is_linked_to_the_notifications_of_its_own_batch()
    {
        string[] traceparents = [.. Enumerable.Range(1, 3).Select(number => $"00-{number:x32}-{number:x16}-01")];
        await scene.Database.AppendEventsAsync([
            .. traceparents.Select(traceparent => new NewEvent
            {
                Type = "asset.changed",
                LocationId = "north",
                Data = "{}"u8.ToArray(),
                Traceparent = traceparent,
                CreatedAt = scene.Clock.GetUtcNow(),
            }),
        ]);
        // Two messages fit into a batch.
        scene.Bus.MaxBatchBytes = 2_500;

        await scene.PassAsync();

        scene.Bus.Tried.Select(batch => batch.Count).ShouldBe([2, 1]);
        traces
            .Ended.Where(trace => trace.DisplayName == "send assets")
            .Select(send => string.Join(' ', send.Links.Select(link => link.Context.SpanId.ToHexString())))
            .ShouldBe(["0000000000000001 0000000000000002", "0000000000000003"]);
    }

    [Fact]
    public async Task A_pass_without_events_is_not_traced()
    {
        await scene.PassAsync();

        traces.Ended.ShouldBeEmpty();
    }
}
