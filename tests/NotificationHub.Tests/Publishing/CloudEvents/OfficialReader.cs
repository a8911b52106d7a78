using System.Buffers;
using System.Net.Mime;
using System.Text;
using System.Text.Json;
using Azure.Messaging.ServiceBus;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Core;
using CloudNative.CloudEvents.Http;
using CloudNative.CloudEvents.SystemTextJson;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Tests.Contract;

namespace NotificationHub.Tests.Publishing.CloudEvents;

/// <summary>Reads events with the official SDK of CloudEvents, which shares no code with the hub.</summary>
internal static class OfficialReader
{
    private const string Json = "application/cloudevents+json";

    private static readonly JsonEventFormatter Formatter = new();

    private static readonly CloudEventWriter Writer = new(
        Options.Create(new PublishingOptions { IncludeInviteCode = true })
    );

    private static readonly CloudEventAttribute[] Extensions =
    [
        CloudEventAttribute.CreateExtension("location", CloudEventAttributeType.String),
        CloudEventAttribute.CreateExtension("sequence", CloudEventAttributeType.String),
        CloudEventAttribute.CreateExtension("revision", CloudEventAttributeType.String),
        CloudEventAttribute.CreateExtension("conflict", CloudEventAttributeType.Boolean),
        CloudEventAttribute.CreateExtension("traceparent", CloudEventAttributeType.String),
        CloudEventAttribute.CreateExtension("dataref", CloudEventAttributeType.UriReference),
    ];

    public static CloudEvent Read(ServiceBusReceivedMessage message)
    {
        MimeUtilities.IsCloudEventsContentType(message.ContentType).ShouldBeTrue(message.ContentType);
        return Read(message.Body, message.ContentType);
    }

    /// <param name="json">A line of the feed.</param>
    public static CloudEvent Read(string json) => Read(BinaryData.FromString(json), Json);

    public static async Task<CloudEvent> ReadAsync(HttpResponseMessage response)
    {
        response.IsCloudEvent().ShouldBeTrue(response.Content.Headers.ContentType?.ToString());
        return Validated(await response.ToCloudEventAsync(Formatter, Extensions));
    }

    /// <summary>Compares every attribute with the stored event.</summary>
    /// <param name="read">The event as the SDK read it.</param>
    /// <param name="stored">The event as the hub stored it.</param>
    /// <param name="dataRef">The reference of a claim check.</param>
    public static void ShouldMatch(this CloudEvent read, EventEntry stored, string? dataRef = null)
    {
        var sequence = $"{stored.Seq:D19}";
        (string Name, object? Value)[] expected =
        [
            ("id", $"{stored.Epoch}-{stored.Seq}"),
            ("source", new Uri(stored.LocationId is { } id ? $"/locations/{id}" : "/hub", UriKind.Relative)),
            ("type", $"notificationhub.{stored.Type}.v1"),
            ("subject", stored.Subject),
            ("time", stored.CreatedAt),
            ("datacontenttype", "application/json"),
            ("dataschema", new Uri($"urn:notificationhub:{stored.Type}.v1")),
            ("location", stored.LocationId),
            ("sequence", sequence),
            ("revision", stored.Type.EndsWith(".changed", StringComparison.Ordinal) ? sequence : null),
            ("conflict", stored.Conflict ? true : null),
            ("traceparent", stored.Traceparent),
            ("dataref", dataRef is null ? null : new Uri(dataRef, UriKind.RelativeOrAbsolute)),
        ];

        read.SpecVersion.ShouldBe(CloudEventsSpecVersion.V1_0);
        read.GetPopulatedAttributes()
            .Select(attribute => (attribute.Key.Name, (object?)attribute.Value))
            .ShouldBe(expected.Where(attribute => attribute.Value is not null), ignoreOrder: true);
    }

    public static void ShouldHaveData(this CloudEvent read, string data) =>
        JsonElement
            .DeepEquals(read.Data.ShouldBeOfType<JsonElement>(), JsonElement.Parse(data))
            .ShouldBeTrue($"{read.Type}: {read.Data}");

    /// <summary>Writes events as the publishers do, and reads them with both libraries.</summary>
    public static IReadOnlyList<EventEntry> ShouldBeCloudEvents(this IReadOnlyList<EventEntry> events)
    {
        foreach (var entry in events)
        {
            var output = new ArrayBufferWriter<byte>();
            Writer.Write(entry, output).ShouldBeTrue(entry.Type);
            output.WrittenMemory.ShouldFulfillTheContract();
            RoundTrip.ShouldRoundTrip(output.WrittenMemory);
            var read = Read(new BinaryData(output.WrittenMemory), Json);
            read.ShouldMatch(entry);
            read.ShouldHaveData(Encoding.UTF8.GetString(entry.Data).TrimStart('\uFEFF'));
        }

        return events;
    }

    /// <summary>The event as the publishers find it in the log.</summary>
    public static EventEntry Entry(this NewEvent appended, long seq, byte[]? notification = null) =>
        new()
        {
            Epoch = 1,
            Seq = seq,
            Topic = appended.Topic,
            Type = appended.Type,
            LocationId = appended.LocationId,
            Subject = appended.Subject,
            Data = appended.Data ?? notification.ShouldNotBeNull(),
            Conflict = appended.Conflict,
            Traceparent = appended.Traceparent,
            CreatedAt = appended.CreatedAt,
        };

    private static CloudEvent Read(BinaryData body, string contentType) =>
        Validated(Formatter.DecodeStructuredModeMessage(body, new ContentType(contentType), Extensions));

    private static CloudEvent Validated(CloudEvent read)
    {
        read.IsValid.ShouldBeTrue();
        return read.Validate();
    }
}
