using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Tests.Publishing.CloudEvents;

namespace NotificationHub.Tests.Routing;

public sealed class PayloadTests
{
    private static readonly NotificationRouter Router = new(NotificationRoutes.All);

    private static readonly RoutedLocation Location = new("2049025000431439", Refetches: true);

    public static TheoryData<string> Good => [.. PayloadCorpus.Good];

    public static TheoryData<string> Unfit => [.. PayloadCorpus.Unfit];

    [Theory]
    [MemberData(nameof(Good))]
    public void A_valid_notification_becomes_its_event_and_targets(string file)
    {
        var entry = PayloadCorpus.Entry(file, seq: 42);

        var routed = Router.Route(entry, Location);

        routed.Errors.ShouldBeEmpty();
        routed.Disposition.ShouldBe(Disposition.Accepted);
        var routedEvent = routed.Events.ShouldHaveSingleItem();
        routedEvent.Type.ShouldBe(
            NotificationRoutes.All.Single(route => route.Type == Path.GetDirectoryName(file)).EventName
        );
        routedEvent.NotificationSeq.ShouldBe(42);
        routedEvent.Data.ShouldBeNull();
        new[] { routedEvent.Entry(seq: 1, entry.Body) }.ShouldBeCloudEvents();
        (routedEvent.LocationId, routedEvent.Traceparent, routedEvent.CreatedAt).ShouldBe(
            (entry.LocationId, entry.Traceparent, entry.ReceivedAt)
        );
        if (PayloadCorpus.Expected(file) is { } expected)
        {
            Describe(routedEvent, routed.Targets).ShouldBe(expected);
        }
    }

    [Theory]
    [MemberData(nameof(Unfit))]
    public void An_invalid_notification_is_unrecognized_with_all_its_errors(string file)
    {
        var routed = Router.Route(PayloadCorpus.Entry(file, seq: 42), Location);

        routed.Disposition.ShouldBe(Disposition.Unrecognized);
        var routedEvent = routed.Events.ShouldHaveSingleItem();
        routedEvent.Type.ShouldBe(EventNames.NotificationUnrecognized);
        routedEvent.NotificationSeq.ShouldBeNull();
        new[] { routedEvent.Entry(seq: 1) }.ShouldBeCloudEvents();
        var data = JsonSerializer.Deserialize(routedEvent.Data, EventJsonContext.Default.NotificationUnrecognized)!;
        data.Seq.ShouldBe(42);
        data.Faults.ShouldBe(routed.Errors);
        data.Faults.ShouldNotBeEmpty();
        if (PayloadCorpus.Expected(file) is { } expected)
        {
            data.Faults.Select(error => $"error {error}")
                .Concat(routed.Targets.Select(Describe))
                .ShouldBe(expected, ignoreOrder: true);
        }
    }

    [Fact]
    public void Every_expected_outcome_belongs_to_a_payload()
    {
        PayloadCorpus.WithExpectation.ShouldNotBeEmpty();

        PayloadCorpus.WithExpectation.Except(PayloadCorpus.All).ShouldBeEmpty();
    }

    private static IEnumerable<string> Describe(NewEvent routedEvent, IEnumerable<MergedRequest> targets)
    {
        (string Name, string? Value)[] members =
        [
            ("event", routedEvent.Type),
            ("subject", routedEvent.Subject),
            ("action", routedEvent.Action),
            ("result", routedEvent.Result),
            ("adamId", routedEvent.AdamId),
            ("correlationId", routedEvent.CorrelationId),
        ];
        return
        [
            .. members.Where(member => member.Value is not null).Select(member => $"{member.Name} {member.Value}"),
            .. targets.Select(Describe),
        ];
    }

    private static string Describe(MergedRequest target) =>
        $"target {target.Kind.Name} {target.Key} {target.Holder}".TrimEnd();
}
