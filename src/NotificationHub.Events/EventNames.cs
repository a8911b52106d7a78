namespace NotificationHub.Events;

/// <summary>
/// The names of all events, as topics and filters know them. The CloudEvents <c>type</c> is <see cref="EventTypes.Of"/>
/// of the name.
/// </summary>
public static class EventNames
{
    /// <summary>Apple said that a location bought, lost or moved licences of an asset. Topic <c>assets</c>.</summary>
    public const string AssetCountNotified = "asset.count.notified";

    /// <summary>Apple said that assets were associated, disassociated or revoked, or that this failed. Topic <c>assets</c>.</summary>
    public const string AssetManagementNotified = "asset.management.notified";

    /// <summary>Apple sent an <c>UNLIMITED_ASSET</c> notification, whose payload it does not publish. Topic <c>assets</c>.</summary>
    public const string AssetUnlimitedNotified = "asset.unlimited.notified";

    /// <summary>An asset was read from Apple and is different from before. Topic <c>assets</c>.</summary>
    public const string AssetChanged = "asset.changed";

    /// <summary>An assignment of an asset to a device or user came, went or changed. Topic <c>assets</c>.</summary>
    public const string AssignmentChanged = "assignment.changed";

    /// <summary>Apple said that users were created, updated or retired, or that this failed. Topic <c>users</c>.</summary>
    public const string UserManagementNotified = "user.management.notified";

    /// <summary>Apple said that users accepted their invitation. Topic <c>users</c>.</summary>
    public const string UserAssociatedNotified = "user.associated.notified";

    /// <summary>A user was read from Apple and is different from before. Topic <c>users</c>.</summary>
    public const string UserChanged = "user.changed";

    /// <summary>Apple said that the seats of a subscription changed. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionCountNotified = "subscription.count.notified";

    /// <summary>Apple said that subscriptions were associated or disassociated, or that this failed. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionManagementNotified = "subscription.management.notified";

    /// <summary>A subscription was read from Apple and is different from before. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionChanged = "subscription.changed";

    /// <summary>A user's seat in a subscription came, went or changed. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionAssignmentChanged = "subscription-assignment.changed";

    /// <summary>Apple's test post came, which proves that a location's notification URL and secret work. Topic <c>hub</c>.</summary>
    public const string NotificationTestReceived = "notification.test.received";

    /// <summary>A post is kept whose type or shape the hub does not know. Topic <c>hub</c>.</summary>
    public const string NotificationUnrecognized = "notification.unrecognized";

    /// <summary>A location was registered: from now on its notifications are taken. Topic <c>hub</c>.</summary>
    public const string LocationRegistered = "location.registered";

    /// <summary>All records of a location were read for the first time. Topic <c>hub</c>.</summary>
    public const string LocationImported = "location.imported";

    /// <summary>The hub was restored from a backup and begins a new epoch. Topic <c>hub</c>.</summary>
    public const string HubRestored = "hub.restored";

    /// <summary>After a restore, all assets of a location were restated. Topic <c>assets</c>.</summary>
    public const string AssetRestated = "asset.restated";

    /// <summary>After a restore, all assignments of a location were restated. Topic <c>assets</c>.</summary>
    public const string AssignmentRestated = "assignment.restated";

    /// <summary>After a restore, all users of a location were restated. Topic <c>users</c>.</summary>
    public const string UserRestated = "user.restated";

    /// <summary>After a restore, all subscriptions of a location were restated. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionRestated = "subscription.restated";

    /// <summary>After a restore, all seats of a location were restated. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionAssignmentRestated = "subscription-assignment.restated";

    /// <summary>After a restore, all records of a location were restated. Topic <c>hub</c>.</summary>
    public const string LocationRestated = "location.restated";

    /// <summary>A location was taken out: nothing more is told of it. Topic <c>hub</c>.</summary>
    public const string LocationRemoved = "location.removed";

    /// <summary>Posts for a location kept coming without an accepted secret. Topic <c>hub</c>.</summary>
    public const string LocationRefused = "location.refused";

    /// <summary>A post with a location's secret named another location; it is quarantined. Topic <c>hub</c>.</summary>
    public const string LocationUidMismatch = "location.uid-mismatch";

    /// <summary>A location's content token expires within 30, 15, 7 or 1 days, told once for each. Topic <c>hub</c>.</summary>
    public const string LocationTokenExpiring = "location.token-expiring";

    /// <summary>A location's content token has expired: Apple is not asked any more. Topic <c>hub</c>.</summary>
    public const string LocationTokenExpired = "location.token-expired";

    /// <summary>A location's content token was revoked: Apple is not asked any more. Topic <c>hub</c>.</summary>
    public const string LocationTokenRevoked = "location.token-revoked";

    /// <summary>Another device management server has taken the location over. Topic <c>hub</c>.</summary>
    public const string LocationTakenOver = "location.taken-over";

    /// <summary>Apple's notification settings of a location are not those that were made for the hub. Topic <c>hub</c>.</summary>
    public const string LocationSettingsChanged = "location.settings-changed";

    /// <summary>A location has been silent for longer than is likely. Topic <c>hub</c>.</summary>
    public const string LocationSilent = "location.silent";

    /// <summary>An operation at Apple has ended and all of its tasks are done. Topic <c>hub</c>.</summary>
    public const string OperationCompleted = "operation.completed";

    /// <summary>An operation at Apple has ended and some of its tasks failed. Topic <c>hub</c>.</summary>
    public const string OperationFailed = "operation.failed";

    /// <summary>An operation at Apple does not end, or Apple does not know it. Topic <c>hub</c>.</summary>
    public const string OperationStalled = "operation.stalled";

    /// <summary>A record could not be read from Apple in spite of several tries. Topic <c>hub</c>.</summary>
    public const string RefetchFailed = "refetch.failed";

    /// <summary>The scheduled walk found records that no notification had told of. Topic <c>hub</c>.</summary>
    public const string ReconcileDriftFound = "reconcile.drift-found";

    /// <summary>Two complete reads agree that many records are gone; their removal follows. Topic <c>hub</c>.</summary>
    public const string ReconcileMassRemoval = "reconcile.mass-removal";

    /// <summary>The broker refuses an event; it is set aside. Topic <c>hub</c>.</summary>
    public const string EventDeadLettered = "event.dead-lettered";
}
