namespace NotificationHub.Auth;

/// <summary>Who may administer the hub over HTTP.</summary>
internal enum AdminAccess
{
    /// <summary>Nobody: outside Development nothing is configured, and the routes are not there at all.</summary>
    None,

    /// <summary>Whoever has a key or a token.</summary>
    WithCredentials,

    /// <summary>Whoever is on this machine: this is Development, and nothing is configured.</summary>
    Loopback,
}
