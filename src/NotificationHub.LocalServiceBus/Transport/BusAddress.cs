namespace NotificationHub.LocalBus;

/// <summary>The entity that a link's address names.</summary>
internal sealed record BusAddress(string Path, string Topic, string? Subscription, bool IsDeadLetter, bool IsManagement)
{
    /// <summary>The node that accepts tokens.</summary>
    public const string Tokens = "$cbs";

    /// <summary>Parses <c>topic[/subscriptions/name[/$DeadLetterQueue]][/$management]</c>, with or without scheme and host. Null if invalid.</summary>
    public static BusAddress? Parse(string? address)
    {
        var path = PathOf(address);
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries).AsSpan();
        var isManagement = parts is [.., var last] && Is(last, "$management");
        parts = isManagement ? parts[..^1] : parts;
        return parts switch
        {
            [var topic] => new(path, topic, null, false, isManagement),
            [var topic, var word, var name] when Is(word, "subscriptions") => new(
                path,
                topic,
                name,
                false,
                isManagement
            ),
            [var topic, var word, var name, var dead] when Is(word, "subscriptions") && Is(dead, "$DeadLetterQueue") =>
                new(path, topic, name, true, isManagement),
            _ => null,
        };
    }

    /// <summary>The path of an address or of a token's resource, without slashes at its ends.</summary>
    public static string PathOf(string? address)
    {
        var text = address ?? "";
        var authority = text.IndexOf("://", StringComparison.Ordinal);
        if (authority >= 0)
        {
            var slash = text.IndexOf('/', authority + 3);
            text = slash < 0 ? "" : text[slash..];
        }

        return text.Trim('/');
    }

    /// <summary>Whether a token for the first path is valid for the second: the same, or one below it.</summary>
    public static bool Covers(string covered, string path) =>
        covered.Length == 0
        || path.Equals(covered, StringComparison.OrdinalIgnoreCase)
        || path.StartsWith(covered + "/", StringComparison.OrdinalIgnoreCase);

    private static bool Is(string part, string word) => part.Equals(word, StringComparison.OrdinalIgnoreCase);
}
