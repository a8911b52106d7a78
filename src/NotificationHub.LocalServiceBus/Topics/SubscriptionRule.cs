namespace NotificationHub.LocalBus;

/// <summary>A rule of a subscription.</summary>
internal sealed record SubscriptionRule(string Name, RuleFilter Filter)
{
    public const string DefaultName = "$Default";

    public DateTime CreatedAt { get; init; } = TimeProvider.System.GetUtcNow().UtcDateTime;
}

/// <summary>Selects messages.</summary>
internal abstract record RuleFilter
{
    public abstract bool Matches(BusMessage message);
}

/// <summary>Selects all messages or none.</summary>
internal sealed record ConstantFilter(bool Value) : RuleFilter
{
    public override bool Matches(BusMessage message) => Value;
}

/// <summary>Selects messages in which every given field has exactly the given value.</summary>
internal sealed record CorrelationFilter : RuleFilter
{
    public string? CorrelationId { get; init; }

    public string? MessageId { get; init; }

    public string? To { get; init; }

    public string? ReplyTo { get; init; }

    public string? Subject { get; init; }

    public string? SessionId { get; init; }

    public string? ReplyToSessionId { get; init; }

    public string? ContentType { get; init; }

    public IReadOnlyDictionary<string, object> Properties { get; init; } = new Dictionary<string, object>();

    public override bool Matches(BusMessage message)
    {
        foreach (var (name, expected) in Properties)
        {
            if (!message.Properties.TryGetValue(name, out var actual) || !expected.Equals(actual))
            {
                return false;
            }
        }

        return Same(CorrelationId, message.CorrelationId)
            && Same(MessageId, message.MessageId)
            && Same(To, message.To)
            && Same(ReplyTo, message.ReplyTo)
            && Same(Subject, message.Subject)
            && Same(SessionId, message.SessionId)
            && Same(ReplyToSessionId, message.ReplyToSessionId)
            && Same(ContentType, message.ContentType);
    }

    private static bool Same(string? expected, string? actual) => expected is null || expected == actual;
}
