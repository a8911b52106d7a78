namespace NotificationHub.Apple;

/// <summary>
/// The configuration wanted for a location. Whether Apple keeps or clears what is left out is not known: give all members.
/// Apple: ClientConfigRequest.
/// </summary>
public sealed record ClientConfigRequest
{
    /// <summary>The owner to record: id, name and metadata are needed together.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>Where to post notifications: https, host and path only, at most 512 characters.</summary>
    public string? NotificationUrl { get; init; }

    /// <summary>The notification secret that Apple is to present: ASCII letters, digits and <c>-._~+/=</c> (RFC 6750), at most 512 characters.</summary>
    public string? NotificationAuthToken { get; init; }

    /// <summary>The complete set of types wanted; it replaces the earlier one. See <see cref="AppleNotificationTypes"/>.</summary>
    public IReadOnlyList<string>? NotificationTypes { get; init; }

    /// <summary>What is asked for, without the secret.</summary>
    public override string ToString() =>
        $"ClientConfigRequest {{ MdmInfo.Id = {MdmInfo?.Id}, NotificationUrl = {NotificationUrl}, "
        + $"NotificationTypes = [{string.Join(", ", NotificationTypes ?? [])}] }}";
}

/// <summary>The notification types Apple accepts. Apple: Subscribing to Notifications.</summary>
public static class AppleNotificationTypes
{
    /// <summary>Sent while a Client Config request is under way.</summary>
    public const string TestNotification = "TEST_NOTIFICATION";

    /// <summary>Assets were associated, disassociated or revoked.</summary>
    public const string AssetManagement = "ASSET_MANAGEMENT";

    /// <summary>Assets were bought, transferred or refunded.</summary>
    public const string AssetCount = "ASSET_COUNT";

    /// <summary>Users were created, updated or retired.</summary>
    public const string UserManagement = "USER_MANAGEMENT";

    /// <summary>Users accepted an invitation.</summary>
    public const string UserAssociated = "USER_ASSOCIATED";

    /// <summary>Subscriptions were associated or disassociated.</summary>
    public const string SubscriptionManagement = "SUBSCRIPTION_MANAGEMENT";

    /// <summary>Subscription seats were bought, renewed or have ended.</summary>
    public const string SubscriptionCount = "SUBSCRIPTION_COUNT";

    /// <summary>An accepted value; Apple describes no payload.</summary>
    public const string UnlimitedAsset = "UNLIMITED_ASSET";

    /// <summary>Every type, in Apple's order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        TestNotification,
        AssetManagement,
        UserManagement,
        UserAssociated,
        AssetCount,
        SubscriptionManagement,
        SubscriptionCount,
        UnlimitedAsset,
    ];
}
