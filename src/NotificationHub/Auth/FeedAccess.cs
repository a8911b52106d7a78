namespace NotificationHub.Auth;

/// <summary>Who may read the feed and the snapshots.</summary>
internal enum FeedAccess
{
    /// <summary>Nobody: outside Development there is no key yet, and they are not there at all.</summary>
    None,

    /// <summary>Consumers with a key.</summary>
    WithKey,

    /// <summary>In Development: callers on this machine, and consumers with a key.</summary>
    Open,
}
