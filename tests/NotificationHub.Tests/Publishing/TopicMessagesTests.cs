using System.Text;
using System.Text.Json;
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
        CreatedAt = 0,
    };

    private readonly ScriptedSender sender = new();

    [Fact]
    public void A_message_carries_what_subscriptions_filter_on()
    {
        var message = Create(Entry);

        message.MessageId.ShouldBe("1-7");
        message.SessionId.ShouldBe("north");
        message.Label.ShouldBe("notificationhub.asset.management.notified.v1");
        message.CorrelationId.ShouldBe("event-1");
        message
            .Properties.OrderBy(pair => pair.Key, StringComparer.Ordinal)
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
    public void Every_property_is_one_that_the_topics_declare()
    {
        using var declared = JsonDocument.Parse(
            typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json").ShouldNotBeNull()
        );

        Create(Entry)
            .Properties.Keys.ShouldBe(
                declared.RootElement.GetProperty("properties").EnumerateArray().Select(name => name.GetString()!),
                ignoreOrder: true
            );
    }

    [Fact]
    public void An_event_without_location_belongs_to_the_session_of_the_hub()
    {
        var message = Create(Entry with { LocationId = null, Conflict = false });

        message.SessionId.ShouldBe("hub");
        message.Properties.Keys.ShouldNotContain("location");
        message.Properties.Keys.ShouldNotContain("conflict");
    }

    [Fact]
    public void Ids_longer_than_the_broker_takes_stay_out_of_the_message()
    {
        var message = Create(Entry with { CorrelationId = new string('e', 129), AdamId = new string('1', 129) });

        message.CorrelationId.ShouldBeNull();
        message.Properties.Keys.ShouldNotContain("adamId");
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(-1, true)]
    public void An_event_beyond_the_limit_travels_as_a_claim_check(int room, bool claimCheck)
    {
        var large = Entry with { Data = Encoding.UTF8.GetBytes($"\"{new string('x', 5000)}\"") };
        sender.MaxBatchBytes = sender.Measure(Create(large)) + room;

        var text = Encoding.UTF8.GetString(Create(large).Body.Span);

        text.Contains("\"dataref\":\"/events/1-7\"", StringComparison.Ordinal).ShouldBe(claimCheck);
        text.Contains("xxx", StringComparison.Ordinal).ShouldBe(!claimCheck);
    }

    private TopicMessage Create(EventEntry entry) =>
        new TopicMessages(new CloudEventWriter(Options.Create(new PublishingOptions())), sender).Create(entry).Message!;
}
