using System.Text;
using System.Text.Json;
using NotificationHub.Events;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Routing;

public sealed class NotificationRouterTests
{
    private static readonly NotificationRouter Router = new(NotificationRoutes.All);

    private static readonly RoutedLocation Location = new("2049025000431439", Refetches: true);

    private static NotificationEntry Purchase => PayloadCorpus.Entry("ASSET_COUNT/purchase.json", seq: 7);

    [Theory]
    [InlineData("ASSET_MANAGEMENT/associate-devices.json", "asset", TargetExpectations.Changed)]
    [InlineData("ASSET_MANAGEMENT/failure-with-error-info.json", "asset", null)]
    [InlineData("SUBSCRIPTION_MANAGEMENT/associate.json", "subscription", TargetExpectations.Changed)]
    [InlineData("SUBSCRIPTION_MANAGEMENT/failure.json", "subscription", null)]
    internal void A_success_changes_the_counts(string file, string kind, string? expects)
    {
        var routed = Router.RouteAccepted(PayloadCorpus.Entry(file, seq: 7), Location);

        routed.Targets.Where(target => target.Kind.Name == kind).ShouldAllBe(target => target.Expects == expects);
        routed.Targets.ShouldContain(target => target.Kind.Name == kind);
    }

    [Fact]
    public void A_quarantined_notification_is_published_to_the_topic_hub_only()
    {
        var entry = Purchase with { Disposition = Disposition.Quarantined, UId = "9" };

        var routed = Router.Route(entry, Location);

        ShouldBeMismatch(routed, actualUId: "9");
    }

    [Fact]
    public void A_notification_accepted_before_its_location_was_bound_is_quarantined_if_its_uId_differs()
    {
        var routed = Router.Route(Purchase with { UId = "9" }, Location);

        ShouldBeMismatch(routed, actualUId: "9");
    }

    [Theory]
    [InlineData(Disposition.Rejected)]
    [InlineData(Disposition.Unrecognized)]
    [InlineData(Disposition.Rerouted)]
    internal void What_was_set_aside_or_dealt_with_before_is_passed_over(Disposition disposition)
    {
        var routed = Router.Route(Purchase with { Disposition = disposition }, Location);

        routed.Events.ShouldBeEmpty();
        routed.Targets.ShouldBeEmpty();
        routed.Disposition.ShouldBe(disposition);
    }

    [Fact]
    public void A_location_without_a_content_token_gets_events_but_no_targets()
    {
        var routed = Router.Route(Purchase, Location with { Refetches = false });

        routed.Events.ShouldHaveSingleItem().Type.ShouldBe(EventNames.AssetCountNotified);
        routed.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void Records_of_unrecognized_notifications_are_read_only_if_the_uId_matches_and_there_is_a_content_token()
    {
        var entry = PayloadCorpus.Entry("ASSET_COUNT/delta-as-text.bad.json", seq: 7);

        Router
            .Route(entry, Location)
            .Targets.ShouldBe([
                new MergedRequest(entry.LocationId, RecordKind.Asset, "408709785/PLUS", Traceparent: entry.Traceparent),
            ]);
        Router.Route(entry, Location with { Refetches = false }).Targets.ShouldBeEmpty();
        Router.Route(entry with { UId = "9" }, Location).Targets.ShouldBeEmpty();
        Router.Route(entry with { Disposition = Disposition.Quarantined }, Location).Targets.ShouldBeEmpty();
    }

    [Fact]
    public void The_targets_of_one_notification_are_limited()
    {
        var body = Management(
            string.Join(',', Enumerable.Range(0, 5_000).Select(i => $$"""{"adamId":"{{i}}","serialNumber":"S"}"""))
        );

        Router.Route(PayloadCorpus.Entry(body), Location).Targets.Count.ShouldBe(1_000);
    }

    [Fact]
    public void Every_valid_element_is_read_even_if_another_element_is_invalid()
    {
        string[] unfit =
        [
            "7",
            "null",
            "[]",
            "{}",
            """{"adamId":"1"}""",
            """{"adamId":"x","serialNumber":"S"}""",
            """{"adamId":"1","serialNumber":""}""",
            """{"adamId":"1","serialNumber":"\ud800"}""",
            """{"adamId":"1","adamId":"2","serialNumber":"S"}""",
            """{"adamId":"1","pricingParam":"GOLD","serialNumber":"S"}""",
            """{"adamId":"1","serialNumber":"S","clientUserId":"U"}""",
            """{"\udc00":1}""",
        ];
        foreach (var one in unfit)
        {
            foreach (var place in (int[])[0, 50, 99])
            {
                List<string> elements =
                [
                    .. Enumerable.Range(0, 99).Select(i => $$"""{"adamId":"{{i % 3}}7","clientUserId":"user {{i}}"}"""),
                ];
                elements.Insert(place, one);

                var routed = Router.Route(PayloadCorpus.Entry(Management(string.Join(',', elements))), Location);

                routed.Disposition.ShouldBe(Disposition.Unrecognized, one);
                var holders = routed
                    .Targets.Where(target => target.Kind == RecordKind.Assignment)
                    .Select(target => (target.Key, target.Holder))
                    .ToList();
                Enumerable
                    .Range(0, 99)
                    .Select(i => ($"{i % 3}7/STDQ", (string?)$"user:user {i}"))
                    .Except(holders)
                    .ShouldBeEmpty(one);
                routed.Targets.Count(target => target.Kind == RecordKind.Asset && target.Key == "07/STDQ").ShouldBe(1);
            }
        }
    }

    [Fact]
    public void A_conflict_is_passed_on()
    {
        Router.Route(Purchase with { Conflict = true }, Location).Events[0].Conflict.ShouldBeTrue();
        Router.Route(Purchase, Location).Events[0].Conflict.ShouldBeFalse();
    }

    [Theory]
    [InlineData(9, 9)]
    [InlineData(RefetchTargets.MaxHolders, RefetchTargets.MaxHolders)]
    [InlineData(RefetchTargets.MaxHolders + 1, 1)]
    internal void Few_holders_are_named_and_many_are_the_whole_asset(int holders, int targets)
    {
        var body = Management(
            string.Join(',', Enumerable.Range(0, holders).Select(i => $$"""{"adamId":"1","serialNumber":"S{{i}}"}"""))
        );

        var routed = Router.Route(PayloadCorpus.Entry(body), Location);

        var assignments = routed.Targets.Where(target => target.Kind == RecordKind.Assignment).ToList();
        assignments.Count.ShouldBe(targets);
        assignments.ShouldAllBe(target => target.Holder == null == (holders > RefetchTargets.MaxHolders));
    }

    [Fact]
    public void A_list_much_longer_than_Apples_limit_is_not_read()
    {
        var body = Management(string.Join(',', Enumerable.Repeat("{}", 1_001)));

        Router
            .Route(PayloadCorpus.Entry(body), Location)
            .Errors.ShouldBe(["notification.assignments: expected at most 1000 elements"]);
    }

    [Fact]
    public void An_empty_text_counts_as_missing()
    {
        var body = Management(
            """
            {"adamId":"1","pricingParam":"","serialNumber":"","clientUserId":"user-1"},
            {"adamId":"1","pricingParam":"PLUS","serialNumber":"D1","clientUserId":""}
            """,
            eventId: ""
        );

        var routed = Router.Route(PayloadCorpus.Entry(body), Location);

        routed.Errors.ShouldBeEmpty();
        routed
            .Targets.Where(target => target.Kind == RecordKind.Assignment)
            .Select(target => (target.Key, target.Holder, target.CorrelationId))
            .ShouldBe([("1/STDQ", "user:user-1", null), ("1/PLUS", "serial:D1", null)]);
    }

    [Theory]
    [InlineData("""{"adamId":"","clientUserId":"user-1"}""")]
    [InlineData("""{"adamId":"1","clientUserId":"","serialNumber":""}""")]
    public void An_empty_identity_counts_as_missing(string assignment) =>
        Router.Route(PayloadCorpus.Entry(Management(assignment)), Location).Errors.Count.ShouldBe(1);

    [Theory]
    [InlineData("serialNumber")]
    [InlineData("clientUserId")]
    public void A_holder_that_is_too_long_for_a_key_is_invalid(string member)
    {
        var body = Management($$"""{"adamId":"1","{{member}}":"{{new string('x', 256)}}"}""");

        Router
            .Route(PayloadCorpus.Entry(body), Location)
            .Errors.ShouldHaveSingleItem()
            .ShouldContain("of 1 to 255 characters");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void An_eventId_is_valid_if_it_fits_into_the_correlation_id_of_a_message(int length, bool fits)
    {
        var body = Management("", eventId: new string('x', length));

        Router.Route(PayloadCorpus.Entry(body), Location).Errors.Count.ShouldBe(fits ? 0 : 1);
    }

    [Fact]
    public void A_corrupt_body_causes_no_exception_and_no_error_quotes_it()
    {
        var random = new Random(7);
        foreach (var file in PayloadCorpus.Good)
        {
            var entry = PayloadCorpus.Entry(file);
            for (var round = 0; round < 50; round++)
            {
                byte[] body = [.. entry.Body];
                body[random.Next(body.Length)] = (byte)random.Next(256);

                var routed = Router.Route(entry with { Body = body }, Location);

                routed.Events.Count.ShouldBe(1);
                routed.Errors.ShouldAllBe(fault => !fault.Contains("client-") && !fault.Contains("C02"));
            }
        }
    }

    private static void ShouldBeMismatch(RoutedNotification routed, string actualUId)
    {
        routed.Disposition.ShouldBe(Disposition.Quarantined);
        routed.Targets.ShouldBeEmpty();
        var routedEvent = routed.Events.ShouldHaveSingleItem();
        routedEvent.Type.ShouldBe(EventNames.LocationUidMismatch);
        routedEvent.Topic.ShouldBe("hub");
        routedEvent.NotificationSeq.ShouldBeNull();
        JsonSerializer
            .Deserialize(routedEvent.Data, EventJsonContext.Default.LocationUidMismatch)
            .ShouldBe(
                new LocationUidMismatch
                {
                    Seq = 7,
                    ExpectedUId = Location.UId,
                    ActualUId = actualUId,
                }
            );
    }

    private static byte[] Management(string assignments, string eventId = "e-1") =>
        Encoding.UTF8.GetBytes(
            $$"""
            {
              "notificationId": "n-1",
              "notificationType": "ASSET_MANAGEMENT",
              "notification": {
                "type": "ASSOCIATE", "result": "SUCCESS", "eventId": "{{eventId}}", "assignments": [{{assignments}}]
              }
            }
            """
        );
}
