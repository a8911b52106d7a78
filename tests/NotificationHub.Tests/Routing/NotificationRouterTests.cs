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
    public void A_quarantined_notification_is_only_told_to_the_hubs_own_topic()
    {
        var entry = Purchase with { Disposition = Disposition.Quarantined, UId = "9" };

        var routed = Router.Route(entry, Location);

        ShouldBeMismatch(routed, actualUId: "9");
    }

    [Fact]
    public void A_notification_accepted_before_its_location_was_bound_is_quarantined_when_it_is_anothers()
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
    public void A_location_without_a_content_token_gets_its_events_and_no_targets()
    {
        var routed = Router.Route(Purchase, Location with { Refetches = false });

        routed.Events.ShouldHaveSingleItem().Type.ShouldBe(EventNames.AssetCountNotified);
        routed.Targets.ShouldBeEmpty();
    }

    [Fact]
    public void What_is_not_recognized_is_read_only_where_it_is_the_locations_own_and_Apple_can_be_asked()
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
    public void What_one_notification_names_is_bounded()
    {
        var body = Management(
            string.Join(',', Enumerable.Range(0, 5_000).Select(i => $$"""{"adamId":"{{i}}","serialNumber":"S"}"""))
        );

        Router.Route(PayloadCorpus.Entry(body), Location).Targets.Count.ShouldBe(1_000);
    }

    [Fact]
    public void Every_element_that_fits_is_read_whichever_other_element_does_not()
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
    public void A_conflict_is_carried_on()
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
    public void A_list_far_beyond_what_Apple_sends_is_not_read()
    {
        var body = Management(string.Join(',', Enumerable.Repeat("{}", 1_001)));

        Router
            .Route(PayloadCorpus.Entry(body), Location)
            .Faults.ShouldBe(["notification.assignments: expected at most 1000 elements"]);
    }

    [Fact]
    public void An_empty_text_is_as_good_as_absent()
    {
        var body = Management(
            """
            {"adamId":"1","pricingParam":"","serialNumber":"","clientUserId":"user-1"},
            {"adamId":"1","pricingParam":"PLUS","serialNumber":"D1","clientUserId":""}
            """,
            eventId: ""
        );

        var routed = Router.Route(PayloadCorpus.Entry(body), Location);

        routed.Faults.ShouldBeEmpty();
        routed
            .Targets.Where(target => target.Kind == RecordKind.Assignment)
            .Select(target => (target.Key, target.Holder, target.CorrelationId))
            .ShouldBe([("1/STDQ", "user:user-1", null), ("1/PLUS", "serial:D1", null)]);
    }

    [Theory]
    [InlineData("""{"adamId":"","clientUserId":"user-1"}""")]
    [InlineData("""{"adamId":"1","clientUserId":"","serialNumber":""}""")]
    public void An_identity_that_is_empty_is_absent(string assignment) =>
        Router.Route(PayloadCorpus.Entry(Management(assignment)), Location).Faults.Count.ShouldBe(1);

    [Theory]
    [InlineData("serialNumber")]
    [InlineData("clientUserId")]
    public void A_holder_too_long_for_a_key_does_not_fit(string member)
    {
        var body = Management($$"""{"adamId":"1","{{member}}":"{{new string('x', 256)}}"}""");

        Router
            .Route(PayloadCorpus.Entry(body), Location)
            .Faults.ShouldHaveSingleItem()
            .ShouldContain("of 1 to 255 characters");
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void An_event_id_fits_where_it_can_be_the_correlation_id_of_a_message(int length, bool fits)
    {
        var body = Management("", eventId: new string('x', length));

        Router.Route(PayloadCorpus.Entry(body), Location).Faults.Count.ShouldBe(fits ? 0 : 1);
    }

    [Fact]
    public void No_mangled_body_is_an_exception_and_no_fault_quotes_it()
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
                routed.Faults.ShouldAllBe(fault => !fault.Contains("client-") && !fault.Contains("C02"));
            }
        }
    }

    private static void ShouldBeMismatch(RoutedNotification routed, string actualUId)
    {
        routed.Disposition.ShouldBe(Disposition.Quarantined);
        routed.Targets.ShouldBeEmpty();
        var told = routed.Events.ShouldHaveSingleItem();
        told.Type.ShouldBe(EventNames.LocationUidMismatch);
        told.Topic.ShouldBe("hub");
        told.NotificationSeq.ShouldBeNull();
        JsonSerializer
            .Deserialize(told.Data, EventJsonContext.Default.LocationUidMismatch)
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
