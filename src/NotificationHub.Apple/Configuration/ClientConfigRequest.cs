namespace NotificationHub.Apple;

/// <summary>
/// The new configuration of a location. It is unknown whether Apple keeps or clears omitted members, so set them all.
/// Apple: ClientConfigRequest.
/// </summary>
public sealed record ClientConfigRequest
{
    /// <summary>The owner to record. ID, name and metadata are required together.</summary>
    public MdmInfo? MdmInfo { get; init; }

    /// <summary>Where to post notifications: https, host and path only, at most 512 characters.</summary>
    public string? NotificationUrl { get; init; }

    /// <summary>The notification secret that Apple will present: ASCII letters, digits and <c>-._~+/=</c> (RFC 6750), at most 512 characters.</summary>
    public string? NotificationAuthToken { get; init; }

    /// <summary>The complete set of types, which replaces the earlier one. See <see cref="AppleNotificationTypes"/>.</summary>
    public IReadOnlyList<string>? NotificationTypes { get; init; }

    /// <summary>The request without the secret.</summary>
    public override string ToString() =>
        $"ClientConfigRequest {{ MdmInfo.Id = {MdmInfo?.Id}, NotificationUrl = {NotificationUrl}, "
        + $"NotificationTypes = [{string.Join(", ", NotificationTypes ?? [])}] }}";
}

/// <summary>The notification types that Apple accepts. Apple: Subscribing to Notifications.</summary>
public static class AppleNotificationTypes
{
    /// <summary>Sent during a Client Config request.</summary>
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

    /// <summary>Subscription seats were bought, renewed or expired.</summary>
    public const string SubscriptionCount = "SUBSCRIPTION_COUNT";

    /// <summary>An accepted type; Apple documents no payload.</summary>
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
