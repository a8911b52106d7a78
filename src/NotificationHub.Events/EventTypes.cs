namespace NotificationHub.Events;

/// <summary>The CloudEvents <c>type</c> of the events: <c>notificationhub.&lt;name&gt;.v1</c>.</summary>
public static class EventTypes
{
    private const string Prefix = "notificationhub.";
    private const string Suffix = ".v1";

    /// <summary>The full type of an event.</summary>
    /// <param name="name">One of <see cref="EventNames"/>.</param>
    public static string Of(string name) => $"{Prefix}{name}{Suffix}";

    /// <summary>The name within a full type; null where <paramref name="type"/> is none of the hub's.</summary>
    public static string? NameOf(string type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return
            type.Length > Prefix.Length + Suffix.Length
            && type.StartsWith(Prefix, StringComparison.Ordinal)
            && type.EndsWith(Suffix, StringComparison.Ordinal)
            ? type[Prefix.Length..^Suffix.Length]
            : null;
    }
}
