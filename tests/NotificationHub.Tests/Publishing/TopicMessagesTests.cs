using System.Text.Json;
using Azure.Messaging.ServiceBus;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Publishing;

public sealed class TopicMessagesTests
{
    private static readonly EventEntry Entry = new()
    {
        Epoch = 1,
        Seq = 7,
        Topic = "assets",
        Type = EventNames.AssetManagementNotified,
        LocationId = "north",
        Data = "{}"u8.ToArray(),
        Action = "ASSOCIATE",
        Result = "SUCCESS",
        Change = "updated",
        Cause = "notification",
        AdamId = "408709785",
        CorrelationId = "event-1",
        Conflict = true,
        Traceparent = "00-aa-bb-01",
        CreatedAt = At(0),
    };

    [Fact]
    public void A_message_has_the_properties_that_subscriptions_filter_by()
    {
        var message = Create(Entry);

        message.MessageId.ShouldBe("1-7");
        message.SessionId.ShouldBe("north");
        message.Subject.ShouldBe("notificationhub.asset.management.notified.v1");
        message.CorrelationId.ShouldBe("event-1");
        message
            .ApplicationProperties.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}={pair.Value}")
            .ShouldBe([
                "action=ASSOCIATE",
                "adamId=408709785",
                "audience=all",
                "cause=notification",
                "change=updated",
                "conflict=true",
                "location=north",
                "result=SUCCESS",
                "traceparent=00-aa-bb-01",
                "type=notificationhub.asset.management.notified.v1",
            ]);
    }

    [Fact]
    public void Every_property_is_declared_in_the_topology()
    {
        using var declared = JsonDocument.Parse(
            typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json").ShouldNotBeNull()
        );

        Create(Entry)
            .ApplicationProperties.Keys.Concat(["replay", "requestedBy"])
            .ShouldBe(
                declared.RootElement.GetProperty("properties").EnumerateArray().Select(name => name.GetString()!),
                ignoreOrder: true
            );
    }

    [Fact]
    public void An_event_without_location_has_the_session_hub()
    {
        var message = Create(Entry with { LocationId = null, Conflict = false });

        message.SessionId.ShouldBe("hub");
        message.ApplicationProperties.Keys.ShouldNotContain("location");
        message.ApplicationProperties.Keys.ShouldNotContain("conflict");
    }

    [Fact]
    public void IDs_longer_than_Service_Bus_permits_are_omitted()
    {
        var message = Create(Entry with { CorrelationId = new string('e', 129), AdamId = new string('1', 129) });

        message.CorrelationId.ShouldBeNull();
        message.ApplicationProperties.Keys.ShouldNotContain("adamId");
    }

    [Fact]
    public void A_message_is_a_cloud_event_without_a_partition_key()
    {
        var message = Create(Entry);

        message.ContentType.ShouldBe("application/cloudevents+json");
        message.PartitionKey.ShouldBeNull("with a session ID, Service Bus derives it");
        message.ApplicationProperties.Values.ShouldAllBe(value => value is string);
    }

    [Fact]
    public void A_claim_check_refers_to_the_event_and_has_no_data()
    {
        var text = Messages.CreateClaimCheck(Entry).Message!.Body.ToString();

        text.ShouldContain("\"dataref\":\"/events/1-7\"");
        text.ShouldNotContain("\"data\":");
    }

    private static TopicMessages Messages => new(new CloudEventWriter(Options.Create(new PublishingOptions())));

    private static ServiceBusMessage Create(EventEntry entry) => Messages.Create(entry).Message!;
}
