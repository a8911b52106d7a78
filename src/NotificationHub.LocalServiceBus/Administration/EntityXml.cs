using System.Xml;
using System.Xml.Linq;

namespace NotificationHub.LocalBus;

/// <summary>Topics and subscriptions as Atom entries.</summary>
internal static class EntityXml
{
    public static readonly XNamespace Service = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect";
    private static readonly XNamespace Counts = "http://schemas.microsoft.com/netservices/2011/06/servicebus";
    private static readonly XNamespace Atom = "http://www.w3.org/2005/Atom";
    private static readonly TimeSpan LongestLifetime = TimeSpan.FromDays(36_500);

    public static XElement Feed(IEnumerable<XElement> entries) => new(Atom + "feed", entries);

    public static XElement Entry(string title, XElement content) =>
        new(
            Atom + "entry",
            new XElement(Atom + "title", title),
            new XElement(Atom + "content", new XAttribute("type", "application/xml"), content)
        );

    /// <summary>The description inside an entry.</summary>
    public static XElement Content(XElement entry) =>
        entry.Element(Atom + "content")?.Elements().FirstOrDefault() ?? throw new XmlException();

    public static XElement Namespace() =>
        Entry(
            "local",
            new XElement(
                Service + "NamespaceInfo",
                Value("CreatedTime", TimeProvider.System.GetUtcNow()),
                Value("MessagingSKU", "Standard"),
                Value("ModifiedTime", TimeProvider.System.GetUtcNow()),
                Value("Name", "local"),
                Value("NamespaceType", "Messaging")
            )
        );

    public static XElement Entry(LocalTopic topic) =>
        Entry(
            topic.Name,
            new XElement(
                Service + "TopicDescription",
                Value("MaxSizeInMegabytes", topic.MaxSizeInBytes / (1024 * 1024)),
                Value("RequiresDuplicateDetection", true),
                Value("DuplicateDetectionHistoryTimeWindow", topic.DuplicateDetectionWindow),
                Value("EnableBatchedOperations", true),
                Value("SizeInBytes", topic.SizeInBytes),
                Value("Status", "Active"),
                Value("SupportOrdering", true),
                CountDetails(0, 0, topic.Scheduled.Count),
                Value("SubscriptionCount", topic.Subscriptions.Count)
            )
        );

    public static XElement Entry(LocalSubscription subscription)
    {
        var settings = subscription.Queue.Settings;
        var (active, dead) = (subscription.QueueCount, subscription.DeadLetterCount);
        return Entry(
            subscription.Name,
            new XElement(
                Service + "SubscriptionDescription",
                Value("LockDuration", settings.LockDuration),
                Value("RequiresSession", settings.RequiresSession),
                Value("DefaultMessageTimeToLive", settings.DefaultTimeToLive),
                Value("DeadLetteringOnMessageExpiration", settings.DeadLettersExpired),
                Value("DeadLetteringOnFilterEvaluationExceptions", true),
                Value("MessageCount", active + dead),
                Value("MaxDeliveryCount", settings.MaxDeliveryCount),
                Value("EnableBatchedOperations", true),
                Value("Status", "Active"),
                CountDetails(active, dead, 0)
            )
        );
    }

    /// <summary>The settings of a new subscription and its first rule.</summary>
    public static (QueueSettings Settings, SubscriptionRule Rule) ReadSubscription(
        XElement entry,
        QueueSettings defaults
    )
    {
        var description = Content(entry);
        string? Text(string name) => (string?)description.Element(Service + name);

        var settings = defaults with
        {
            LockDuration = Text("LockDuration") is { } duration
                ? XmlConvert.ToTimeSpan(duration)
                : defaults.LockDuration,
            RequiresSession = Text("RequiresSession") is "true",
            DeadLettersExpired = Text("DeadLetteringOnMessageExpiration") is "true",
            MaxDeliveryCount = Text("MaxDeliveryCount") is { } count
                ? XmlConvert.ToInt32(count)
                : defaults.MaxDeliveryCount,
            DefaultTimeToLive =
                Text("DefaultMessageTimeToLive") is { } lifetime
                && XmlConvert.ToTimeSpan(lifetime) is var own
                && own < LongestLifetime
                    ? own
                    : LongestLifetime,
        };
        var rule = description.Element(Service + "DefaultRuleDescription") is { } first
            ? RuleXml.Read(first)
            : new SubscriptionRule(SubscriptionRule.DefaultName, new ConstantFilter(true));
        return (settings, rule);
    }

    public static XElement Value(string name, object value) => new(Service + name, value);

    private static XElement CountDetails(int active, int dead, int scheduled) =>
        new(
            Service + "CountDetails",
            new XElement(Counts + "ActiveMessageCount", active),
            new XElement(Counts + "DeadLetterMessageCount", dead),
            new XElement(Counts + "ScheduledMessageCount", scheduled),
            new XElement(Counts + "TransferMessageCount", 0),
            new XElement(Counts + "TransferDeadLetterMessageCount", 0)
        );
}
