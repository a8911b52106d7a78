namespace NotificationHub.Storage;

/// <summary>How events and the snapshot name a user.</summary>
internal static class UserKeys
{
    /// <summary>A user's id may hold slashes; only those that the hub writes separate.</summary>
    public static string Of(string clientUserId) =>
        clientUserId.Replace("%", "%25", StringComparison.Ordinal).Replace("/", "%2F", StringComparison.Ordinal);

    /// <summary>The id of which <paramref name="key"/> is the name.</summary>
    public static string Parse(string key) =>
        key.Replace("%2F", "/", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);

    public static string Subject(string clientUserId) => $"users/{Of(clientUserId)}";
}
