using System.Text.Json.Serialization;

namespace NotificationHub.Events;

/// <summary>An event in the CloudEvents 1.0 JSON format, as it stands in the body of a message and in a line of the feed.</summary>
/// <typeparam name="TData">
/// What the event's type carries: a <see cref="NotificationEnvelope{TNotification}"/>, a
/// <see cref="RecordChange{TRecord}"/> or one of the hub's own records.
/// </typeparam>
public sealed record CloudEvent<TData>
{
    /// <summary>The version of CloudEvents: <c>1.0</c>.</summary>
    [JsonPropertyName("specversion")]
    public string SpecVersion { get; init; } = "1.0";

    /// <summary>
    /// The event's place in the hub's log, <c>{epoch}-{seq}</c>. An event that is delivered twice has the same id and the
    /// same content.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The part of the hub that the event comes from, such as <c>/locations/{location}</c>.</summary>
    public required string Source { get; init; }

    /// <summary>The full type, <see cref="EventTypes.Of"/> one of <see cref="EventNames"/>.</summary>
    public required string Type { get; init; }

    /// <summary>What the event is about within its location, such as <c>assets/408709785/STDQ</c>.</summary>
    public string? Subject { get; init; }

    /// <summary>When the event came to be, in UTC.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The media type of <see cref="Data"/>: <c>application/json</c>.</summary>
    [JsonPropertyName("datacontenttype")]
    public string? DataContentType { get; init; }

    /// <summary>
    /// Where the whole event can be had: set, with <see cref="Data"/> left out, where it is too large for a message.
    /// </summary>
    [JsonPropertyName("dataref")]
    public string? DataRef { get; init; }

    /// <summary>The id of the location; null where the event concerns no single one.</summary>
    public string? Location { get; init; }

    /// <summary>The place in the hub's log as 19 digits, so that it is in order as text.</summary>
    public string? Sequence { get; init; }

    /// <summary>
    /// On <c>*.changed</c>: the <see cref="Sequence"/> of the event that last stated this record. It grows, has gaps and
    /// survives removal: keep the record with the highest.
    /// </summary>
    public string? Revision { get; init; }

    /// <summary>Whether an earlier notification of the same <c>notificationId</c> had another body.</summary>
    public bool? Conflict { get; init; }

    /// <summary>The W3C trace context of what caused the event.</summary>
    [JsonPropertyName("traceparent")]
    public string? TraceParent { get; init; }

    /// <summary>What happened; null where <see cref="DataRef"/> is set.</summary>
    public TData? Data { get; init; }
}
