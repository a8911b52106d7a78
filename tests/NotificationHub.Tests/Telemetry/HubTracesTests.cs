using System.Diagnostics;
using NotificationHub.Telemetry;

namespace NotificationHub.Tests.Telemetry;

[Collection(ProcessTelemetry.Name)]
public sealed class HubTracesTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    [Fact]
    public void Without_a_listener_no_trace_is_created()
    {
        HubTraces.AreOn.ShouldBeFalse();

        HubTraces.Begin("route", ActivityKind.Internal, Unreadable()).ShouldBeNull();
        HubTraces.Continue("send", ActivityKind.Producer, Unreadable()).ShouldBeNull();

        static IEnumerable<string?> Unreadable() =>
            Enumerable
                .Range(0, 1)
                .Select<int, string?>(_ => throw new InvalidOperationException("The rows must not be read."));
    }

    [Fact]
    public void A_trace_links_each_recorded_trace_once_up_to_a_limit()
    {
        using var recorded = new RecordedTraces();
        string?[] stored =
        [
            null,
            "00-trace",
            $"00-{Trace}-00000000000000ff-00",
            .. Enumerable.Range(1, 100).SelectMany(i => Enumerable.Repeat($"00-{Trace}-{i:x16}-01", 2)),
        ];

        using var trace = HubTraces.Begin("route", ActivityKind.Internal, stored);

        trace
            .ShouldNotBeNull()
            .Links.Select(link => link.Context.SpanId.ToHexString())
            .ShouldBe(Enumerable.Range(1, HubTraces.MaxLinks).Select(i => $"{i:x16}"));
    }

    [Fact]
    public void A_trace_has_no_parent_and_its_spans_are_its_children()
    {
        using var recorded = new RecordedTraces();
        using var around = new Activity("test").Start();

        using var trace = HubTraces.Begin("publish", ActivityKind.Internal, []).ShouldNotBeNull();
        using var part = HubTraces.Continue("send", ActivityKind.Producer, []).ShouldNotBeNull();

        trace.ParentId.ShouldBeNull();
        part.ParentId.ShouldBe(trace.Id);
    }
}
