namespace NotificationHub.Locations;

/// <summary>What may be done for a location. Receiving goes on in every state but the last.</summary>
internal enum LocationState
{
    /// <summary>Its registration is under way, or was interrupted with an unknown outcome.</summary>
    Pending,

    Valid,

    /// <summary>The content token ends within <see cref="LocationStates.ExpiryWarning"/>.</summary>
    Expiring,

    /// <summary>The content token has ended.</summary>
    Expired,

    /// <summary>The content token was revoked.</summary>
    Revoked,

    /// <summary>Apple does not know the content token.</summary>
    Invalid,

    /// <summary>Another server wrote its own <c>mdmInfo</c> at Apple.</summary>
    TakenOver,

    /// <summary>An operator removed it: late posts are kept for a day and not routed.</summary>
    Removed,
}
