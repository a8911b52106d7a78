using System.Text;
using System.Text.Json;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

public sealed class EventReaderTests
{
    private const string Asset = """
        {"specversion":"1.0","id":"1-5","source":"/locations/north","type":"notificationhub.asset.changed.v1",
         "subject":"assets/1/STDQ","revision":"0000000000000000005","future":{"type":"x"},
         "data":{"before":null,"after":{"adamId":"1","pricingParam":"STDQ"},"change":"added","cause":"notification"}}
        """;

    [Fact]
    public void Every_name_has_its_data_type_and_every_data_type_has_a_name() =>
        SchemaGenerator.Names.Keys.ShouldAllBe(name => EventReader.Find(EventTypes.Of(name)) != null);

    [Fact]
    public void A_line_becomes_an_event_with_its_data()
    {
        var read = EventReader.Read(Asset).ShouldBeOfType<CloudEvent<RecordChange<AssetRecord>>>();

        (read.Id, read.Subject, read.Revision).ShouldBe(("1-5", "assets/1/STDQ", "0000000000000000005"));
        read.Data.ShouldNotBeNull().After.ShouldBe(new AssetRecord { AdamId = "1", PricingParam = "STDQ" });
    }

    [Fact]
    public void The_properties_of_a_message_name_its_replay()
    {
        var body = Encoding.UTF8.GetBytes(Asset);

        EventReader.Read(body).Replay.ShouldBeNull();
        EventReader.Read(body, new Dictionary<string, object> { ["replay"] = 1 }).Replay.ShouldBeNull();
        EventReader
            .Read(body, new Dictionary<string, object> { ["type"] = "other", ["replay"] = "r1" })
            .ShouldBeOfType<CloudEvent<RecordChange<AssetRecord>>>()
            .Replay.ShouldBe("r1");
    }

    [Theory]
    [InlineData("notificationhub.asset.changed.v2")]
    [InlineData("notificationhub.asset.transferred.v1")]
    [InlineData("com.example.asset.changed")]
    public void An_event_of_an_unknown_type_is_raw(string type)
    {
        var read = EventReader
            .Read(Asset.Replace("notificationhub.asset.changed.v1", type, StringComparison.Ordinal))
            .ShouldBeOfType<CloudEvent<JsonElement>>();

        read.Type.ShouldBe(type);
        read.Data.GetProperty("after").GetProperty("adamId").GetString().ShouldBe("1");
    }

    [Fact]
    public void A_claim_check_has_no_data()
    {
        var read = EventReader
            .Read(
                """{"specversion":"1.0","id":"1-5","source":"/hub","type":"notificationhub.asset.changed.v1","dataref":"/events/1-5"}"""
            )
            .ShouldBeOfType<CloudEvent<RecordChange<AssetRecord>>>();

        (read.DataRef, read.Data).ShouldBe(("/events/1-5", null));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("1")]
    [InlineData("{}")]
    [InlineData("""{"type":1}""")]
    [InlineData("""{"type":"notificationhub.asset.changed.v1"}""")]
    [InlineData("""{"id":"1-1","source":"/hub","type":"notificationhub.asset.changed.v1","data":{}}""")]
    [InlineData("""{"id":"1-1","source":"/hub","type":"notificationhub.asset.changed.v1","data":[]}""")]
    [InlineData(
        """{"id":"1-1","source":"/hub","type":"notificationhub.asset.changed.v1","data":{"change":"moved","cause":"restore"}}"""
    )]
    public void What_is_not_an_event_is_rejected(string body) =>
        Should.Throw<JsonException>(() => EventReader.Read(body));
}

public sealed class RevisionGuardTests
{
    [Theory]
    [InlineData(5, null, null, true)]
    [InlineData(5, 4, null, true)]
    [InlineData(5, 5, null, false)]
    [InlineData(5, 6, null, false)]
    [InlineData(10, 9, null, true)]
    [InlineData(5, null, 6, false)]
    [InlineData(5, null, 5, true)]
    [InlineData(5, 4, 5, true)]
    [InlineData(null, null, null, false)]
    public void The_highest_revision_wins(int? revision, int? known, int? from, bool accepted)
    {
        var changed = new CloudEvent<RecordChange<AssetRecord>>
        {
            Id = "1-1",
            Source = "/hub",
            Type = EventTypes.Of(EventNames.AssetChanged),
            Revision = Padded(revision),
        };

        RevisionGuard.Accepts(changed, Padded(known), Padded(from)).ShouldBe(accepted);
    }

    [Theory]
    [InlineData("assets/408709785/STDQ", "assets")]
    [InlineData("subscription-assignments/1/u%2F1", "subscription-assignments")]
    [InlineData("assets", "assets")]
    public void The_kind_is_the_first_part_of_the_subject(string subject, string kind) =>
        RevisionGuard.KindOf(subject).ShouldBe(kind);

    private static string? Padded(int? sequence) => sequence is { } value ? RevisionGuard.FromSequence(value) : null;
}
