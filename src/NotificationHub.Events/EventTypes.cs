namespace NotificationHub.Events;

/// <summary>
/// Converts between names, the CloudEvents <c>type</c> (<c>notificationhub.&lt;name&gt;.v1</c>) and <c>dataschema</c>
/// (<c>urn:notificationhub:&lt;name&gt;.v1</c>).
/// </summary>
public static class EventTypes
{
    private const string Prefix = "notificationhub.";
    private const string SchemaPrefix = "urn:notificationhub:";
    private const string Suffix = ".v1";

    /// <summary>Returns the full type of an event.</summary>
    /// <param name="name">One of <see cref="EventNames"/>.</param>
    public static string Of(string name) => $"{Prefix}{name}{Suffix}";

    /// <summary>
    /// Returns the identifier of the JSON Schema of an event's data. The hub serves the schema at
    /// <c>/schemas/&lt;name&gt;</c>.
    /// </summary>
    /// <param name="name">One of <see cref="EventNames"/>.</param>
    public static string SchemaOf(string name) => $"{SchemaPrefix}{name}{Suffix}";

    /// <summary>
    /// Returns the name in a full type; null if <paramref name="type"/> is not one of the hub's types.
    /// </summary>
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
