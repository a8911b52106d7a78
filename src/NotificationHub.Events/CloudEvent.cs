using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>
/// The attributes of an event in the CloudEvents 1.0 JSON format: the body of a message, or a line of the feed.
/// <see cref="EventReader"/> returns a <see cref="CloudEvent{TData}"/>.
/// </summary>
public abstract record CloudEvent
{
    private protected CloudEvent() { }

    /// <summary>The version of CloudEvents: <c>1.0</c>.</summary>
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    /// <summary>
    /// The event's position in the hub's log, <c>{epoch}-{seq}</c>. An event that is delivered twice has the same ID
    /// and the same content.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The part of the hub that the event comes from, such as <c>/locations/{location}</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The full type, <c>notificationhub.{name}.v1</c>, with one of <see cref="EventNames"/>.</summary>
    public required string Type { get; init; }

    /// <summary>
    /// The record that the event is about, within its location, such as <c>assets/408709785/STDQ</c>.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>When the event was created, in UTC.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The media type of the data: <c>application/json</c>.</summary>
    [JsonPropertyName("datacontenttype")]
    public string? DataContentType { get; init; }

    /// <summary>
    /// The identifier of the JSON Schema of the data, <c>urn:notificationhub:{name}.v1</c>. It is not an address.
    /// </summary>
    [JsonPropertyName("dataschema")]
    public string? DataSchema { get; init; }

    /// <summary>URL of the whole event if it is too large for a message; the data is then omitted.</summary>
    [JsonPropertyName("dataref")]
    public string? DataRef { get; init; }

    /// <summary>The ID of the location; null if the event is not about a single location.</summary>
    public string? Location { get; init; }

    /// <summary>The position in the hub's log as 19 digits, which sort as text.</summary>
    public string? Sequence { get; init; }

    /// <summary>
    /// On <c>*.changed</c>: the <see cref="Sequence"/> of the last event that stated this record. It increases, has
    /// gaps and continues after a removal: keep the record with the highest revision.
    /// </summary>
    public string? Revision { get; init; }

    /// <summary>Whether an earlier notification with the same <c>notificationId</c> had another body.</summary>
    public bool? Conflict { get; init; }

    /// <summary>The W3C trace context of what caused the event.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    /// <summary>
    /// The ID of the replay that sent the message; null if it is live, or if the event was read without properties.
    /// </summary>
    [JsonIgnore]
    public string? Replay { get; init; }
}

/// <summary>An event with its data.</summary>
/// <typeparam name="TData">
/// The data of the event's type: a <see cref="NotificationEnvelope{TNotification}"/>, a
/// <see cref="RecordChange{TRecord}"/> or one of the hub's own types. For an unknown type, <c>JsonElement</c>.
/// </typeparam>
public sealed record CloudEvent<TData> : CloudEvent
{
    /// <summary>
    /// The data of the event; null if <see cref="CloudEvent.DataRef"/> is set, or if the hub's copy is damaged.
    /// </summary>
    // An undefined JsonElement cannot be written.
    [JsonPropertyOrder(1)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public TData? Data { get; init; }
}
