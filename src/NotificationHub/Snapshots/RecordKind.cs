using NotificationHub.Events;

namespace NotificationHub.Snapshots;

/// <summary>A kind of records in the snapshot.</summary>
/// <param name="Name">As stored in <c>snapshot.kind</c> and named in <c>/snapshot/{location}/{kind}</c>.</param>
/// <param name="EventName">The event that tells of a change.</param>
/// <param name="SubjectPrefix">With the key behind it: the event's subject.</param>
internal sealed record RecordKind(string Name, string EventName, string SubjectPrefix)
{
    /// <summary>The event that ends the restatement of the kind; it is on the topic of the changes, so it follows them.</summary>
    public string RestatedEventName => $"{Name}.restated";

    /// <summary>Its records say who or which device: only the topic of that kind may.</summary>
    public bool NamesSomebody => this != Asset && this != Subscription;

    /// <summary>Key <c>adamId/pricingParam</c>.</summary>
    public static readonly RecordKind Asset = new("asset", EventNames.AssetChanged, "assets");

    /// <summary>Key <c>adamId/pricingParam/serial:S</c> or <c>adamId/pricingParam/user:U</c>.</summary>
    public static readonly RecordKind Assignment = new("assignment", EventNames.AssignmentChanged, "assignments");

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
    );

    /// <summary>All kinds, in the order in which a location is imported.</summary>
    public static readonly IReadOnlyList<RecordKind> All =
    [
        Asset,
        Assignment,
        User,
        Subscription,
        SubscriptionAssignment,
    ];

    public static RecordKind Of(string name) => All.Single(kind => kind.Name == name);
}
