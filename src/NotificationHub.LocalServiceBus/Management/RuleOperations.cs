using Microsoft.Azure.Amqp;
using Microsoft.Azure.Amqp.Encoding;

namespace NotificationHub.LocalBus;

/// <summary>Management of a subscription's rules.</summary>
internal static class RuleOperations
{
    public const string ListOperation = "com.microsoft:enumerate-rules";
    private const ulong RuleDescription = 0x13700000004;
    private const ulong EmptyAction = 0x13700000005;
    private const ulong SqlExpression = 0x1370000006;
    private const ulong TrueFilter = 0x1370000007;
    private const ulong FalseFilter = 0x1370000008;
    private const ulong Correlation = 0x1370000009;
    private const int CompatibilityLevel = 20;

    /// <summary>The result; null if the operation is unknown.</summary>
    public static AmqpMap? Handle(LocalSubscription subscription, ManagementRequest request)
    {
        switch (request.Operation)
        {
            case "com.microsoft:add-rule":
                subscription.AddRule(Read(request));
                return [];
            case "com.microsoft:remove-rule":
                subscription.RemoveRule(request.Required("rule-name"));
                return [];
            case ListOperation:
                var page = subscription
                    .Rules.Skip((int)request.Number("skip", 0))
                    .Take((int)request.Number("top", 100))
                    .Select(object (rule) => QueueOperations.Map(("rule-description", Describe(rule))))
                    .ToList();
                return page.Count == 0 ? [] : QueueOperations.Map(("rules", page));
            default:
                return null;
        }
    }

    /// <summary>The filter of an SQL expression.</summary>
    public static RuleFilter Sql(string? expression)
    {
        try
        {
            return expression?.Replace(" ", "", StringComparison.Ordinal) switch
            {
                "1=1" => new ConstantFilter(true),
                "1=0" => new ConstantFilter(false),
                _ => new SqlFilter(expression ?? ""),
            };
        }
        catch (FormatException exception)
        {
            throw Unsupported(exception.Message);
        }
    }

    public static AmqpException Unsupported(string what) =>
        new(AmqpConditions.NotImplemented, $"The local Service Bus does not support {what}.");

    private static SubscriptionRule Read(ManagementRequest request)
    {
        var description = new ManagementRequest("", request.Value("rule-description") as AmqpMap ?? []);
        if (description.Value("sql-rule-action") is AmqpMap { Count: > 0 })
        {
            throw Unsupported("rule actions");
        }

        RuleFilter filter = description.Value("correlation-filter") is AmqpMap correlation
            ? ReadCorrelation(new ManagementRequest("", correlation))
            : Sql(new ManagementRequest("", description.Value("sql-filter") as AmqpMap ?? []).Text("expression"));
        return new SubscriptionRule(request.Required("rule-name"), filter);
    }

    private static CorrelationFilter ReadCorrelation(ManagementRequest fields) =>
        new()
        {
            CorrelationId = fields.Text("correlation-id"),
            MessageId = fields.Text("message-id"),
            To = fields.Text("to"),
            ReplyTo = fields.Text("reply-to"),
            Subject = fields.Text("label"),
            SessionId = fields.Text("session-id"),
            ReplyToSessionId = fields.Text("reply-to-session-id"),
            ContentType = fields.Text("content-type"),
            Properties = fields.Value("properties") is AmqpMap map
                ? map.ToDictionary(pair => pair.Key.Key.ToString()!, pair => pair.Value)
                : [],
        };

    private static DescribedType Describe(SubscriptionRule rule) =>
        Described(RuleDescription, Describe(rule.Filter), Described(EmptyAction), rule.Name, rule.CreatedAt);

    private static DescribedType Describe(RuleFilter filter)
    {
        if (filter is SqlFilter sql)
        {
            return Described(SqlExpression, sql.Expression, CompatibilityLevel);
        }

        if (filter is not CorrelationFilter correlation)
        {
            return Described(filter is ConstantFilter { Value: true } ? TrueFilter : FalseFilter);
        }

        var properties = new AmqpMap();
        foreach (var (name, value) in correlation.Properties)
        {
            properties[new MapKey(name)] = value;
        }

        return Described(
            Correlation,
            correlation.CorrelationId,
            correlation.MessageId,
            correlation.To,
            correlation.ReplyTo,
            correlation.Subject,
            correlation.SessionId,
            correlation.ReplyToSessionId,
            correlation.ContentType,
            properties
        );
    }

    private static DescribedType Described(ulong code, params object?[] fields) => new(code, fields.ToList());
}
