namespace NotificationHub.Events;

/// <summary>
/// The names of all events. <see cref="EventTypes.Of"/> returns the CloudEvents <c>type</c> of a name.
/// </summary>
public static class EventNames
{
    /// <summary>
    /// Apple reported that licenses of an asset were bought, transferred or refunded. Topic <c>assets</c>.
    /// </summary>
    public const string AssetCountNotified = "asset.count.notified";

    /// <summary>
    /// Apple reported that assets were associated, disassociated or revoked, or that this failed. Topic <c>assets</c>.
    /// </summary>
    public const string AssetManagementNotified = "asset.management.notified";

    /// <summary>
    /// Apple sent an <c>UNLIMITED_ASSET</c> notification, whose payload it does not publish. Topic <c>assets</c>.
    /// </summary>
    public const string AssetUnlimitedNotified = "asset.unlimited.notified";

    /// <summary>An asset has changed. Topic <c>assets</c>.</summary>
    public const string AssetChanged = "asset.changed";

    /// <summary>A device or user got or lost a license. Topic <c>assets</c>.</summary>
    public const string AssignmentChanged = "assignment.changed";

    /// <summary>
    /// Apple reported that users were created, updated or retired, or that this failed. Topic <c>users</c>.
    /// </summary>
    public const string UserManagementNotified = "user.management.notified";

    /// <summary>Apple reported that users accepted their invitation. Topic <c>users</c>.</summary>
    public const string UserAssociatedNotified = "user.associated.notified";

    /// <summary>A user has changed. Topic <c>users</c>.</summary>
    public const string UserChanged = "user.changed";

    /// <summary>
    /// Apple reported that the number of seats of a subscription changed. Topic <c>subscriptions</c>.
    /// </summary>
    public const string SubscriptionCountNotified = "subscription.count.notified";

    /// <summary>
    /// Apple reported that subscriptions were associated or disassociated, or that this failed. Topic
    /// <c>subscriptions</c>.
    /// </summary>
    public const string SubscriptionManagementNotified = "subscription.management.notified";

    /// <summary>A subscription has changed. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionChanged = "subscription.changed";

    /// <summary>A user's seat in a subscription was added, removed or changed. Topic <c>subscriptions</c>.</summary>
    public const string SubscriptionAssignmentChanged = "subscription-assignment.changed";

    /// <summary>
    /// A test notification arrived, so a location's notification URL and secret work. Topic <c>hub</c>.
    /// </summary>
    public const string NotificationTestReceived = "notification.test.received";

    /// <summary>A stored notification has an unknown type or shape. Topic <c>hub</c>.</summary>
    public const string NotificationUnrecognized = "notification.unrecognized";

    /// <summary>A location was registered; the hub accepts its notifications. Topic <c>hub</c>.</summary>
    public const string LocationRegistered = "location.registered";

    /// <summary>All records of a location were read for the first time. Topic <c>hub</c>.</summary>
    public const string LocationImported = "location.imported";

    /// <summary>The hub was restored from a backup and started a new epoch. Topic <c>hub</c>.</summary>
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

    /// <summary>A location was removed; no further events about it follow. Topic <c>hub</c>.</summary>
    public const string LocationRemoved = "location.removed";

    /// <summary>Repeated deliveries for a location had no accepted secret. Topic <c>hub</c>.</summary>
    public const string LocationRefused = "location.refused";

    /// <summary>
    /// A notification with a location's secret named another location and was quarantined. Topic <c>hub</c>.
    /// </summary>
    public const string LocationUidMismatch = "location.uid-mismatch";

    /// <summary>
    /// A location's content token expires within 30, 15, 7 or 1 days; published once for each. Topic <c>hub</c>.
    /// </summary>
    public const string LocationTokenExpiring = "location.token-expiring";

    /// <summary>
    /// A location's content token has expired; the hub no longer calls Apple for it. Topic <c>hub</c>.
    /// </summary>
    public const string LocationTokenExpired = "location.token-expired";

    /// <summary>
    /// A location's content token was revoked; the hub no longer calls Apple for it. Topic <c>hub</c>.
    /// </summary>
    public const string LocationTokenRevoked = "location.token-revoked";

    /// <summary>Another device management server has taken over the location. Topic <c>hub</c>.</summary>
    public const string LocationTakenOver = "location.taken-over";

    /// <summary>
    /// Apple's notification settings of a location differ from the values that the hub set. Topic <c>hub</c>.
    /// </summary>
    public const string LocationSettingsChanged = "location.settings-changed";

    /// <summary>A busy location has sent no notification for an unusually long time. Topic <c>hub</c>.</summary>
    public const string LocationSilent = "location.silent";

    /// <summary>An operation at Apple has ended, and all of its tasks are done. Topic <c>hub</c>.</summary>
    public const string OperationCompleted = "operation.completed";

    /// <summary>An operation at Apple has ended, and some of its tasks failed. Topic <c>hub</c>.</summary>
    public const string OperationFailed = "operation.failed";

    /// <summary>An operation at Apple does not end, or Apple does not know it. Topic <c>hub</c>.</summary>
    public const string OperationStalled = "operation.stalled";

    /// <summary>A record could not be read from Apple after several attempts. Topic <c>hub</c>.</summary>
    public const string RefetchFailed = "refetch.failed";

    /// <summary>
    /// Reconciliation found a changed record without a notification about the change. Topic <c>hub</c>.
    /// </summary>
    public const string ReconcileDriftFound = "reconcile.drift-found";

    /// <summary>
    /// Two complete reads agree that many records are gone; an event for each removal follows. Topic <c>hub</c>.
    /// </summary>
    public const string ReconcileMassRemoval = "reconcile.mass-removal";

    /// <summary>Service Bus rejected an event, which is now a dead letter. Topic <c>hub</c>.</summary>
    public const string EventDeadLettered = "event.dead-lettered";
}
