using CloudNative.CloudEvents;

namespace NotificationHub.Tests.Publishing.CloudEvents;

/// <summary>The official SDK of CloudEvents reads every event type in every form.</summary>
public sealed class EveryEventTests(EveryEvent events) : IClassFixture<EveryEvent>
{
    public static TheoryData<string> Types => [.. EveryEvent.Types];

    [Theory]
    [MemberData(nameof(Types))]
    public void A_message_states_the_event(string type)
    {
        foreach (var shape in (EventShape[])[EventShape.Full, EventShape.Bare])
        {
            var published = events[type, shape];

            var read = OfficialReader.Read(published.Message);

            read.ShouldMatch(published.Stored);
            read.ShouldHaveData(published.Data);
            ShouldHaveHeaders(published, read);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_line_of_the_feed_states_the_event(string type)
    {
        foreach (var shape in Enum.GetValues<EventShape>())
        {
            var published = events[type, shape];

            var read = OfficialReader.Read(published.Line);

            read.ShouldMatch(published.Stored);
            read.ShouldHaveData(published.Data);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_claim_check_states_the_event_and_refers_to_its_data(string type)
    {
        var published = events[type, EventShape.Large];
        var reference = $"/events/1-{published.Stored.Seq}";

        var check = OfficialReader.Read(published.Message);

        check.ShouldMatch(published.Stored, reference);
        check.Data.ShouldBeNull();
        ShouldHaveHeaders(published, check);
        using var response = await events.Hub.Http.GetAsync((Uri)check["dataref"]!);
        var whole = await OfficialReader.ReadAsync(response);
        whole.ShouldMatch(published.Stored);
        whole.ShouldHaveData(published.Data);
    }

    private static void ShouldHaveHeaders(PublishedEvent published, CloudEvent read)
    {
        var message = published.Message;
        message.MessageId.ShouldBe(read.Id);
        message.Subject.ShouldBe(read.Type);
        message.SessionId.ShouldBe((string?)read["location"] ?? "hub");
        foreach (var name in (string[])["type", "location", "traceparent"])
        {
            message.ApplicationProperties.GetValueOrDefault(name).ShouldBe(read[name], name);
        }

        message.ApplicationProperties.ContainsKey("conflict").ShouldBe(read["conflict"] is true);
    }
}
