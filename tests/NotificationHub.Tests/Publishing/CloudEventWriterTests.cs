using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Tests.Publishing.CloudEvents;

namespace NotificationHub.Tests.Publishing;

public sealed class CloudEventWriterTests
{
    private static readonly EventEntry Changed = new()
    {
        Epoch = 3,
        Seq = 42,
        Topic = "assets",
        Type = EventNames.AssetChanged,
        LocationId = "north",
        Subject = "assets/408709785/STDQ",
        Data = "{}"u8.ToArray(),
        Conflict = false,
        CreatedAt = At(1_785_585_600_123),
    };

    [Fact]
    public void A_change_states_every_attribute_and_its_revision() =>
        Write(Changed with { Traceparent = "00-aa-bb-01" })
            .ShouldBe(
                """{"specversion":"1.0","id":"3-42","source":"/locations/north","type":"notificationhub.asset.changed.v1","subject":"assets/408709785/STDQ","time":"2026-08-01T12:00:00.123Z","datacontenttype":"application/json","dataschema":"urn:notificationhub:asset.changed.v1","location":"north","sequence":"0000000000000000042","revision":"0000000000000000042","traceparent":"00-aa-bb-01","data":{}}"""
            );

    [Fact]
    public void An_event_of_the_hub_has_no_location_revision_or_subject() =>
        Write(Changed with { Type = EventNames.EventDeadLettered, LocationId = null, Subject = null, Conflict = true })
            .ShouldBe(
                """{"specversion":"1.0","id":"3-42","source":"/hub","type":"notificationhub.event.dead-lettered.v1","time":"2026-08-01T12:00:00.123Z","datacontenttype":"application/json","dataschema":"urn:notificationhub:event.dead-lettered.v1","sequence":"0000000000000000042","conflict":true,"data":{}}"""
            );

    [Fact]
    public void The_Events_library_can_read_it()
    {
        var read = JsonSerializer.Deserialize(
            Write(Changed with { Data = """{"after":{"adamId":"1"}}"""u8.ToArray() }),
            EventJsonContext.Wire.CloudEventJsonElement
        )!;

        read.Id.ShouldBe("3-42");
        read.Type.ShouldBe(EventTypes.Of(EventNames.AssetChanged));
        read.Revision.ShouldBe("0000000000000000042");
        read.Data.GetProperty("after").GetProperty("adamId").GetString().ShouldBe("1");
    }

    [Theory]
    [InlineData("users/a\u0001b", "users/a%01b")]
    [InlineData("users/a\u0085b", "users/a%C2%85b")]
    [InlineData("users/\uFDD0", "users/%EF%B7%90")]
    [InlineData("users/\uFFFE", "users/%EF%BF%BE")]
    [InlineData("users/\U0001FFFF", "users/%F0%9F%BF%BF")]
    [InlineData("users/é\uFFFD🍏", "users/é\uFFFD🍏")]
    public void A_subject_has_only_characters_that_CloudEvents_permits(string subject, string expected) =>
        OfficialReader.Read(Write(Changed with { Subject = subject })).Subject.ShouldBe(expected);

    [Theory]
    [InlineData("""{"a":"\u00e9\/é<>&+'","n":1.50E+3,"z":-0}""")]
    [InlineData("""{ "spaced" : [ 1 , true , null ] }""")]
    [InlineData("""[]""")]
    [InlineData("\"text\"")]
    public void Data_is_written_unchanged(string data) => Data(data).ShouldBe(data);

    [Theory]
    [InlineData("{\r\n  \"a\" : 1.0,\n  \"b\" : [ { }, \"x\\n\" ]\r}", """{"a":1.0,"b":[{},"x\n"]}""")]
    [InlineData("[\n1,\n[\n],\n{\n}\n]\n", "[1,[],{}]")]
    public void Data_on_several_lines_becomes_one_line(string data, string line) => Data(data).ShouldBe(line);

    [Theory]
    [InlineData("""{"inviteCode":"c"}""", "{}")]
    [InlineData("""{"inviteCode":{"a":[1]},"b":2}""", """{"b":2}""")]
    [InlineData("""{"a":1.0,"inviteCode":null,"b":"\u0041"}""", """{"a":1.0,"b":"\u0041"}""")]
    [InlineData(
        """{"users":[{"status":"R","inviteCode":"c"},{"inviteCode":"d"}]}""",
        """{"users":[{"status":"R"},{}]}"""
    )]
    [InlineData("""{"invite\u0043ode":"c","a":1}""", """{"a":1}""")]
    [InlineData("""{"a":"inviteCode","InviteCode":1}""", """{"a":"inviteCode","InviteCode":1}""")]
    [InlineData("""{"inviteCode":"c","inviteCode":"d"}""", "{}")]
    public void An_invite_code_is_removed_at_any_depth(string data, string expected) => Data(data).ShouldBe(expected);

    [Fact]
    public void An_invite_code_is_kept_if_configured() =>
        Data("""{"inviteCode":"c"}""", new PublishingOptions { IncludeInviteCode = true })
            .ShouldBe("""{"inviteCode":"c"}""");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"inviteCode":"c""")]
    [InlineData("{} {}")]
    [InlineData("\uFEFF")]
    [InlineData("\uFEFF\uFEFF{}")]
    public void Data_that_is_not_JSON_becomes_null(string data) => Data(data).ShouldBe("null");

    [Theory]
    [InlineData("\uFEFF{}", "{}")]
    [InlineData("\uFEFF{\n\"inviteCode\":\"c\"}", "{}")]
    public void A_byte_order_mark_is_removed(string data, string expected) => Data(data).ShouldBe(expected);

    [Fact]
    public void Invalid_utf8_becomes_null()
    {
        byte[] data = [.. "{\"a\":\""u8, 0xff, .. "\"}"u8];

        Write(Changed with { Data = data }).ShouldEndWith("\"data\":null}");
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""")]
    [InlineData("\uFEFF{\"a\":1}", """{"a":1}""")]
    [InlineData("{\n\"a\":1}", """{"a":1}""")]
    [InlineData("""{"inviteCode":"c"}""", "{}")]
    [InlineData("""{"invite\u0043ode":"c"}""", "{}")]
    public void Proven_JSON_has_the_same_result(string data, string expected) =>
        Data(data, isProvenJson: true).ShouldBe(expected);

    [Fact]
    public void Proven_JSON_is_not_parsed_again() => Data("unread", isProvenJson: true).ShouldBe("unread");

    [Fact]
    public void Data_that_would_make_the_event_too_deep_for_a_reader_becomes_null()
    {
        Data(Nested(63)).ShouldBe(Nested(63));
        Data(Nested(64)).ShouldBe("null");

        static string Nested(int depth) => new string('[', depth) + new string(']', depth);
    }

    [Theory]
    [InlineData(null, "/events/3-42")]
    [InlineData("https://hub.example.com", "https://hub.example.com/events/3-42")]
    [InlineData("https://example.com/hub/", "https://example.com/hub/events/3-42")]
    public void A_claim_check_refers_to_the_event_and_contains_no_data(string? publicUrl, string reference)
    {
        var output = new ArrayBufferWriter<byte>();
        var options = new PublishingOptions { PublicUrl = publicUrl is null ? null : new Uri(publicUrl) };
        Writer(options).WriteClaimCheck(Changed, output);

        var written = JsonDocument.Parse(output.WrittenMemory).RootElement;
        written.GetProperty("dataref").GetString().ShouldBe(reference);
        written.TryGetProperty("data", out _).ShouldBeFalse();
    }

    private static string Data(string data, PublishingOptions? options = null, bool isProvenJson = false)
    {
        var written = Write(Changed with { Data = Encoding.UTF8.GetBytes(data), IsProvenJson = isProvenJson }, options);
        var start = written.IndexOf("\"data\":", StringComparison.Ordinal) + "\"data\":".Length;
        return written[start..^1];
    }

    private static string Write(EventEntry entry, PublishingOptions? options = null)
    {
        var output = new ArrayBufferWriter<byte>();
        Writer(options ?? new PublishingOptions()).Write(entry, output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static CloudEventWriter Writer(PublishingOptions options) => new(Options.Create(options));
}
