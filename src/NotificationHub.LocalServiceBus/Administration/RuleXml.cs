using System.Xml;
using System.Xml.Linq;

namespace NotificationHub.LocalBus;

/// <summary>Rules as Atom entries.</summary>
internal static class RuleXml
{
    private static readonly XNamespace Instance = "http://www.w3.org/2001/XMLSchema-instance";
    private static readonly XNamespace Schema = "http://www.w3.org/2001/XMLSchema";
    private static XNamespace Service => EntityXml.Service;

    public static XElement Entry(SubscriptionRule rule) =>
        EntityXml.Entry(
            rule.Name,
            new XElement(
                Service + "RuleDescription",
                new XAttribute(XNamespace.Xmlns + "i", Instance),
                Filter(rule.Filter),
                new XElement(Service + "Action", new XAttribute(Instance + "type", "EmptyRuleAction")),
                EntityXml.Value("CreatedAt", rule.CreatedAt),
                EntityXml.Value("Name", rule.Name)
            )
        );

    /// <summary>Reads a rule's description.</summary>
    public static SubscriptionRule Read(XElement description)
    {
        if ((string?)description.Element(Service + "Action")?.Attribute(Instance + "type") is "SqlRuleAction")
        {
            throw RuleOperations.Unsupported("rule actions");
        }

        var filter = description.Element(Service + "Filter");
        RuleFilter read = (string?)filter?.Attribute(Instance + "type") switch
        {
            "CorrelationFilter" => ReadCorrelation(filter!),
            "FalseFilter" => new ConstantFilter(false),
            "TrueFilter" or null => new ConstantFilter(true),
            _ => RuleOperations.Sql((string?)filter!.Element(Service + "SqlExpression")),
        };
        return new SubscriptionRule(
            (string?)description.Element(Service + "Name") ?? SubscriptionRule.DefaultName,
            read
        );
    }

    private static XElement Filter(RuleFilter filter)
    {
        if (filter is SqlFilter sql)
        {
            return new XElement(
                Service + "Filter",
                new XAttribute(Instance + "type", "SqlFilter"),
                EntityXml.Value("SqlExpression", sql.Expression)
            );
        }

        if (filter is not CorrelationFilter correlation)
        {
            var isTrue = filter is ConstantFilter { Value: true };
            return new XElement(
                Service + "Filter",
                new XAttribute(Instance + "type", isTrue ? "TrueFilter" : "FalseFilter"),
                EntityXml.Value("SqlExpression", isTrue ? "1=1" : "1=0")
            );
        }

        return new XElement(
            Service + "Filter",
            new XAttribute(Instance + "type", "CorrelationFilter"),
            Optional("CorrelationId", correlation.CorrelationId),
            Optional("MessageId", correlation.MessageId),
            Optional("To", correlation.To),
            Optional("ReplyTo", correlation.ReplyTo),
            Optional("Label", correlation.Subject),
            Optional("SessionId", correlation.SessionId),
            Optional("ReplyToSessionId", correlation.ReplyToSessionId),
            Optional("ContentType", correlation.ContentType),
            new XElement(
                Service + "Properties",
                correlation.Properties.Select(pair => new XElement(
                    Service + "KeyValueOfstringanyType",
                    EntityXml.Value("Key", pair.Key),
                    new XElement(
                        Service + "Value",
                        new XAttribute(XNamespace.Xmlns + "x", Schema),
                        new XAttribute(Instance + "type", "x:" + TypeOf(pair.Value)),
                        pair.Value
                    )
                ))
            )
        );
    }

    private static CorrelationFilter ReadCorrelation(XElement filter)
    {
        string? Text(string name) => (string?)filter.Element(Service + name);

        return new CorrelationFilter
        {
            CorrelationId = Text("CorrelationId"),
            MessageId = Text("MessageId"),
            To = Text("To"),
            ReplyTo = Text("ReplyTo"),
            Subject = Text("Label"),
            SessionId = Text("SessionId"),
            ReplyToSessionId = Text("ReplyToSessionId"),
            ContentType = Text("ContentType"),
            Properties =
                filter
                    .Element(Service + "Properties")
                    ?.Elements(Service + "KeyValueOfstringanyType")
                    .ToDictionary(
                        pair => (string?)pair.Element(Service + "Key") ?? throw new XmlException(),
                        pair => ReadValue(pair.Element(Service + "Value") ?? throw new XmlException())
                    )
                ?? [],
        };
    }

    private static object ReadValue(XElement value) =>
        ((string?)value.Attribute(Instance + "type"))?.Split(':')[^1] switch
        {
            "int" => (int)value,
            "long" => (long)value,
            "boolean" => (bool)value,
            "double" => (double)value,
            "dateTime" => ((DateTime)value).ToUniversalTime(),
            _ => value.Value,
        };

    private static string TypeOf(object value) =>
        value switch
        {
            int => "int",
            long => "long",
            bool => "boolean",
            double => "double",
            DateTime => "dateTime",
            _ => "string",
        };

    private static XElement? Optional(string name, string? value) =>
        value is null ? null : EntityXml.Value(name, value);
}
