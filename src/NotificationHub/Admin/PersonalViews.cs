using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>The audit log's entries for callers who see personal data, over HTTP or in the console.</summary>
internal static class PersonalViews
{
    public static readonly AuditedAct NotificationSearch = Search("notifications");

    public static readonly AuditedAct EventSearch = Search("events");

    public static readonly AuditedAct RecordSearch = Search("records");

    public static AuditedAct Notification(NotificationEntry entry) =>
        new("notifications show", entry.LocationId, $"notification {entry.Seq}");

    public static AuditedAct Event(EventEntry entry) => new("events show", entry.LocationId, $"event {entry.Seq}");

    /// <summary>The changes of the record that an event reports.</summary>
    public static AuditedAct RecordHistory(EventEntry entry) =>
        new("records history", entry.LocationId, $"record history of event {entry.Seq}");

    public static AuditedAct CurrentRecords(string locationId, string kind) =>
        new("records list", locationId, $"current records: {kind}");

    public static AuditedAct DeadLetter(DeadLetter letter) =>
        new("dead-letters show", letter.Location, $"dead letter {letter.Seq}");

    /// <summary>A consumer's reasons and descriptions, which can name a person.</summary>
    public static AuditedAct SubscriptionDeadLetters(string topic, string subscription) =>
        new("dead-letters list", Subject: $"dead letters of {topic}/{subscription}");

    public static AuditedAct SubscriptionDeadLetter(string topic, string subscription, SubscriptionDeadLetter letter) =>
        new("dead-letters show", letter.Location, $"dead letter {letter.Seq} of {topic}/{subscription}");

    public static AuditedAct Operations(OperationsDocument found) =>
        new(
            "operations show",
            found.Operations is [var only] ? only.LocationId : null,
            $"operation {found.Operations[0].EventId}"
        );

    private static AuditedAct Search(string things) =>
        new($"{things} search", Subject: $"{things} of a device or user");
}
