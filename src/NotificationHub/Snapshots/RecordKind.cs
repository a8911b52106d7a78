using System.Text.Json;
using NotificationHub.Events;

namespace NotificationHub.Snapshots;

/// <param name="Name">As stored, and as named in <c>/snapshot/{location}/{kind}</c>.</param>
/// <param name="SubjectPrefix">The part of the event's subject before the key.</param>
internal sealed record RecordKind(string Name, string EventName, string SubjectPrefix)
{
    /// <summary>Key <c>adamId/pricingParam</c>.</summary>
    public static readonly RecordKind Asset = new("asset", EventNames.AssetChanged, "assets");

    /// <summary>Key <c>adamId/pricingParam/serial:S</c> or <c>adamId/pricingParam/user:U</c>.</summary>
    public static readonly RecordKind Assignment = new("assignment", EventNames.AssignmentChanged, "assignments")
    {
        CountedBy = Asset,
    };

    /// <summary>Key <c>U</c> for the active record of a user, <c>U/retired/HASH</c> for each retired one.</summary>
    public static readonly RecordKind User = new("user", EventNames.UserChanged, "users");

    /// <summary>Key <c>adamId</c>.</summary>
    public static readonly RecordKind Subscription = new(
        "subscription",
        EventNames.SubscriptionChanged,
        "subscriptions"
    );

    /// <summary>Key <c>adamId/U</c>.</summary>
    public static readonly RecordKind SubscriptionAssignment = new(
        "subscription-assignment",
        EventNames.SubscriptionAssignmentChanged,
        "subscription-assignments"
    )
    {
        CountedBy = Subscription,
    };

    /// <summary>All kinds, in the order in which a location is imported.</summary>
    public static readonly IReadOnlyList<RecordKind> All =
    [
        Asset,
        Assignment,
        User,
        Subscription,
        SubscriptionAssignment,
    ];

    /// <summary>The kind whose records state how many records of this kind they have.</summary>
    public RecordKind? CountedBy { get; private init; }

    /// <summary>The event that ends the restatement of the kind.</summary>
    // On the topic of the changes, so that it follows them.
    public string RestatedEventName => $"{Name}.restated";

    /// <summary>Whether the records identify a person or a device.</summary>
    public bool IsPersonal => this != Asset && this != Subscription;

    /// <summary>The number of assignments that an asset or a subscription states.</summary>
    public long? ReadAssignedCount(string record) =>
        this == Asset ? JsonSerializer.Deserialize(record, EventJsonContext.Wire.AssetRecord)?.AssignedCount
        : JsonSerializer.Deserialize(record, EventJsonContext.Wire.SubscriptionRecord)?.Counts?.Assigned is { } seats
            ? seats.Renewing + seats.Expiring
        : null;

    // A kind that is not in All has no rules: a target of it fails alone, and the query that found it does not.
    public static RecordKind FromName(string name) =>
        All.FirstOrDefault(kind => kind.Name == name) ?? new(name, "", "");
}
