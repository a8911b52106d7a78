using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Targets;
using NotificationHub.Tests.Telemetry;

namespace NotificationHub.Tests.Refetch;

[Collection(MeterReaders.Name)]
public sealed class ReadTraceTests
{
    private const string One = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private const string Other = "00-162b1f85fd77e6b2e0bf41a3e65e3047-e1e59616086b574e-01";

    [Fact]
    public void What_one_post_asked_for_is_told_on_its_trace()
    {
        using var recorded = new RecordedTraces();
        var part = Part(One, One);
        using var trace = ReadTrace.Begin(part);

        ReadTrace.ToTell(part, trace).ShouldBe(One);
        ReadTrace.ToTell(part, trace: null).ShouldBe(One);
    }

    [Fact]
    public void What_several_posts_asked_for_is_told_on_the_trace_of_the_read_which_leads_to_theirs()
    {
        using var recorded = new RecordedTraces();
        var part = Part(One, Other);
        using var trace = ReadTrace.Begin(part).ShouldNotBeNull();

        ReadTrace.ToTell(part, trace).ShouldBe(trace.Id);
        trace
            .Links.Select(link => $"00-{link.Context.TraceId}-{link.Context.SpanId}-01")
            .ShouldBe([One, Other], ignoreOrder: true);
    }

    [Fact]
    public void What_several_posts_asked_for_is_told_on_no_trace_where_none_is_recorded() =>
        ReadTrace.ToTell(Part(One, Other), trace: null).ShouldBeNull();

    private static StepPart Part(params string[] traceparents) =>
        new(
            new AssetsRead(),
            [
                .. traceparents
                    .Index()
                    .Select(asked => new ClaimedTarget
                    {
                        LocationId = "north",
                        Resource = RefetchResources.Asset,
                        Key = $"{asked.Index}/STDQ",
                        Requested = 1,
                        Traceparent = asked.Item,
                    }),
            ],
            []
        );
}
