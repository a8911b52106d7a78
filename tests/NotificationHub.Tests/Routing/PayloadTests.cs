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
    public void A_notification_that_fits_is_told_and_hints_at_what_to_read(string file)
    {
        var entry = PayloadCorpus.Entry(file, seq: 42);

        var routed = Router.Route(entry, Location);

        routed.Faults.ShouldBeEmpty();
        routed.Disposition.ShouldBe(Disposition.Accepted);
        var told = routed.Events.ShouldHaveSingleItem();
        told.Type.ShouldBe(NotificationRoutes.All.Single(route => route.Type == Path.GetDirectoryName(file)).EventName);
        told.NotificationSeq.ShouldBe(42);
        told.Data.ShouldBeNull();
        new[] { told.Entry(seq: 1, entry.Body) }.ShouldBeCloudEvents();
        (told.LocationId, told.Traceparent, told.CreatedAt).ShouldBe(
            (entry.LocationId, entry.Traceparent, entry.ReceivedAt)
        );
        if (PayloadCorpus.Expected(file) is { } expected)
        {
            Describe(told, routed.Targets).ShouldBe(expected);
        }
    }

    [Theory]
    [MemberData(nameof(Unfit))]
    public void A_notification_that_does_not_fit_is_set_aside_with_all_its_faults(string file)
    {
        var routed = Router.Route(PayloadCorpus.Entry(file, seq: 42), Location);

        routed.Disposition.ShouldBe(Disposition.Unrecognized);
        var told = routed.Events.ShouldHaveSingleItem();
        told.Type.ShouldBe(EventNames.NotificationUnrecognized);
        told.NotificationSeq.ShouldBeNull();
        new[] { told.Entry(seq: 1) }.ShouldBeCloudEvents();
        var data = JsonSerializer.Deserialize(told.Data, EventJsonContext.Default.NotificationUnrecognized)!;
        data.Seq.ShouldBe(42);
        data.Faults.ShouldBe(routed.Faults);
        data.Faults.ShouldNotBeEmpty();
        if (PayloadCorpus.Expected(file) is { } expected)
        {
            data.Faults.Select(fault => $"fault {fault}")
                .Concat(routed.Targets.Select(Describe))
                .ShouldBe(expected, ignoreOrder: true);
        }
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void A_subscriber_can_read_every_notification_that_is_told(string file)
    {
        // Apple's bytes go out as they came; a byte order mark is the publisher's to take off.
        var body = PayloadCorpus.Read(file).AsSpan();
        body = body.StartsWith("\uFEFF"u8) ? body[3..] : body;
        var known = Path.GetDirectoryName(file) switch
        {
            NotificationTypes.AssetCount => typeof(NotificationEnvelope<AssetCountNotification>),
            NotificationTypes.AssetManagement => typeof(NotificationEnvelope<AssetManagementNotification>),
            NotificationTypes.UserManagement => typeof(NotificationEnvelope<UserManagementNotification>),
            NotificationTypes.UserAssociated => typeof(NotificationEnvelope<UserAssociatedNotification>),
            NotificationTypes.SubscriptionCount => typeof(NotificationEnvelope<SubscriptionCountNotification>),
            NotificationTypes.SubscriptionManagement =>
                typeof(NotificationEnvelope<SubscriptionManagementNotification>),
            _ => typeof(NotificationEnvelope<JsonElement>),
        };

        JsonSerializer.Deserialize(body, known, EventJsonContext.Default).ShouldNotBeNull();
    }

    private static IEnumerable<string> Describe(NewEvent told, IEnumerable<MergedRequest> targets)
    {
        (string Name, string? Value)[] members =
        [
            ("event", told.Type),
            ("subject", told.Subject),
            ("action", told.Action),
            ("result", told.Result),
            ("adamId", told.AdamId),
            ("correlationId", told.CorrelationId),
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
