using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Tests.Telemetry;

namespace NotificationHub.Tests.Refetch;

[Collection(ProcessTelemetry.Name)]
public sealed class ReadTraceTests
{
    private const string One = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Other = "00-162b1f85fd77e6b2e0bf41a3e65e3047-e1e59616086b574e-01";

    [Fact]
    public void Events_of_one_request_carry_its_trace()
    {
        using var recorded = new RecordedTraces();
        var step = Step(One, One);
        using var trace = ReadTrace.Start(step);

        ReadTrace.GetTraceparent(step, trace).ShouldBe(One);
        ReadTrace.GetTraceparent(step, trace: null).ShouldBe(One);
    }

    [Fact]
    public void Events_of_several_requests_carry_the_trace_of_the_read_which_links_to_theirs()
    {
        using var recorded = new RecordedTraces();
        var step = Step(One, Other);
        using var trace = ReadTrace.Start(step).ShouldNotBeNull();

        ReadTrace.GetTraceparent(step, trace).ShouldBe(trace.Id);
        trace
            .Links.Select(link => $"00-{link.Context.TraceId}-{link.Context.SpanId}-01")
            .ShouldBe([One, Other], ignoreOrder: true);
    }

    [Fact]
    public void Events_of_several_requests_carry_no_trace_if_none_is_recorded() =>
        ReadTrace.GetTraceparent(Step(One, Other), trace: null).ShouldBeNull();

    private static RefetchStep Step(params string[] traceparents) =>
        new(
            new FullRead(RecordKind.Asset),
            [
                .. traceparents
                    .Index()
                    .Select(asked => new StoredTarget
                    {
                        LocationId = "north",
                        KindName = RecordKind.Asset.Name,
                        Key = $"{asked.Index}/STDQ",
                        Requested = 1,
                        Traceparent = asked.Item,
                    }),
            ]
        );
}
