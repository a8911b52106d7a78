namespace NotificationHub.Publishing.ServiceBus;

// Validates a connection string before the SDK reads it. No message repeats a value, because the string contains a key.
internal static class ServiceBusConnectionString
{
    private const string Endpoint = "Endpoint";
    private const string KeyName = "SharedAccessKeyName";
    private const string Key = "SharedAccessKey";
    private const string Emulator = "UseDevelopmentEmulator";
    private const string EntityPath = "EntityPath";
    private const string Signature = "SharedAccessSignature";
    private static readonly string[] Names = [Endpoint, KeyName, Key, Emulator, EntityPath, Signature];

    /// <summary>The namespace's host and port; null if the text has none.</summary>
    public static string? GetHost(string text) => GetAddress(Split(text, []))?.Authority;

    /// <summary>The address that the SDK connects to without TLS; null if it uses TLS.</summary>
    public static Uri? GetUnencryptedAddress(string text)
    {
        var parts = Split(text, []);
        return
            parts.TryGetValue(Emulator, out var emulator) && bool.TryParse(emulator, out var isEmulator) && isEmulator
            ? GetAddress(parts)
            : null;
    }

    /// <summary>Returns all errors of the text.</summary>
    public static IReadOnlyList<string> Validate(string text)
    {
        var errors = new List<string>();
        var parts = Split(text, errors);
        CheckEndpoint(Take(parts, Endpoint, errors), errors);
        Take(parts, KeyName, errors);
        Take(parts, Key, errors);
        if (parts.Remove(Emulator, out var emulator) && !bool.TryParse(emulator, out _))
        {
            errors.Add($"must contain true or false for {Emulator}");
        }

        errors.AddRange(parts.Keys.Select(Explain));
        return errors;
    }

    private static Uri? GetAddress(Dictionary<string, string> parts) =>
        parts.TryGetValue(Endpoint, out var endpoint)
        && Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && uri.Host.Length > 0
            ? uri
            : null;

    private static Dictionary<string, string> Split(string text, List<string> errors)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                errors.Add("has a part that is not Name=Value");
            }
            else if (!parts.TryAdd(part[..at].Trim(), part[(at + 1)..].Trim()))
            {
                errors.Add($"has {KnownName(part[..at].Trim()) ?? "an unknown part"} twice");
            }
        }

        return parts;
    }

    private static string? Take(Dictionary<string, string> parts, string name, List<string> errors)
    {
        if (parts.Remove(name, out var value) && value.Length > 0)
        {
            return value;
        }

        errors.Add($"lacks {name}");
        return null;
    }

    private static void CheckEndpoint(string? text, List<string> errors)
    {
        if (
            text is not null
            && !(
                Uri.TryCreate(text, UriKind.Absolute, out var uri)
                && uri is { Scheme: "sb", Host.Length: > 0, PathAndQuery: "/" or "" }
            )
        )
        {
            errors.Add("must have an Endpoint such as sb://contoso.servicebus.windows.net/");
        }
    }

    // An unknown name may be a key without its name: a key in Base64 ends in =.
    private static string? KnownName(string part) =>
        Array.Find(Names, name => name.Equals(part, StringComparison.OrdinalIgnoreCase));

    private static string Explain(string part) =>
        KnownName(part) switch
        {
            EntityPath => "is for one topic (EntityPath); use the namespace's, because there are several topics",
            Signature => "contains a ready-made signature, which would expire; use a key",
            _ => "has an unknown part; Endpoint, SharedAccessKeyName and SharedAccessKey are known",
        };
}
