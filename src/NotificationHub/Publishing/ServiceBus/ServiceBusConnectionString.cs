namespace NotificationHub.Publishing.ServiceBus;

/// <summary>Checks a namespace's connection string before the SDK reads it. No message repeats a value: the string holds a key.</summary>
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
    public static string? HostOf(string text) => AddressOf(Split(text, []))?.Authority;

    /// <summary>The address that the SDK connects to without TLS; null if it uses TLS.</summary>
    public static Uri? UnencryptedAddressOf(string text)
    {
        var parts = Split(text, []);
        return
            parts.TryGetValue(Emulator, out var emulator) && bool.TryParse(emulator, out var isEmulator) && isEmulator
            ? AddressOf(parts)
            : null;
    }

    /// <summary>Everything that is wrong with the text.</summary>
    public static IReadOnlyList<string> Validate(string text)
    {
        var faults = new List<string>();
        var parts = Split(text, faults);
        CheckEndpoint(Take(parts, Endpoint, faults), faults);
        Take(parts, KeyName, faults);
        Take(parts, Key, faults);
        if (parts.Remove(Emulator, out var emulator) && !bool.TryParse(emulator, out _))
        {
            faults.Add($"must have true or false for {Emulator}");
        }

        faults.AddRange(parts.Keys.Select(Explain));
        return faults;
    }

    private static Uri? AddressOf(Dictionary<string, string> parts) =>
        parts.TryGetValue(Endpoint, out var endpoint)
        && Uri.TryCreate(endpoint, UriKind.Absolute, out var uri)
        && uri.Host.Length > 0
            ? uri
            : null;

    private static Dictionary<string, string> Split(string text, List<string> faults)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0)
            {
                faults.Add("has a part that is not Name=Value");
            }
            else if (!parts.TryAdd(part[..at].Trim(), part[(at + 1)..].Trim()))
            {
                faults.Add($"has {KnownName(part[..at].Trim()) ?? "an unknown part"} twice");
            }
        }

        return parts;
    }

    private static string? Take(Dictionary<string, string> parts, string name, List<string> faults)
    {
        if (parts.Remove(name, out var value) && value.Length > 0)
        {
            return value;
        }

        faults.Add($"lacks {name}");
        return null;
    }

    private static void CheckEndpoint(string? text, List<string> faults)
    {
        if (
            text is not null
            && !(
                Uri.TryCreate(text, UriKind.Absolute, out var uri)
                && uri is { Scheme: "sb", Host.Length: > 0, PathAndQuery: "/" or "" }
            )
        )
        {
            faults.Add("must have an Endpoint such as sb://contoso.servicebus.windows.net/");
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
