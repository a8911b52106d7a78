namespace NotificationHub.Publishing;

/// <summary>One event on its way to a topic.</summary>
/// <param name="MessageId">The event's id; at most 128 characters. Duplicate detection goes by it.</param>
/// <param name="SessionId">The location's id; at most 128 characters. Order is kept within it.</param>
/// <param name="Label">The event's type.</param>
/// <param name="CorrelationId">Apple's eventId, where there is one.</param>
/// <param name="Body">The whole event in CloudEvents' JSON format, as UTF-8.</param>
/// <param name="Properties">What subscriptions filter on.</param>
internal sealed record TopicMessage(
    string MessageId,
    string SessionId,
    string Label,
    string? CorrelationId,
    ReadOnlyMemory<byte> Body,
    IReadOnlyDictionary<string, string> Properties
);
