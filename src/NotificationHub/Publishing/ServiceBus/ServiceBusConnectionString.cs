using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>A namespace's connection string, as the Azure portal shows it. Its text never comes back out: it holds a key.</summary>
internal sealed class ServiceBusConnectionString
{
    private const string EndpointPart = "Endpoint";
    private const string KeyNamePart = "SharedAccessKeyName";
    private const string KeyPart = "SharedAccessKey";

    private ServiceBusConnectionString(Uri endpoint, string keyName, string key)
    {
        Endpoint = endpoint;
        KeyName = keyName;
        Key = key;
    }

    /// <summary>The namespace's address over HTTPS; plain HTTP for a loopback address only.</summary>
    public Uri Endpoint { get; }

    public string KeyName { get; }

    public string Key { get; }

    /// <summary>Reads the text, or names everything that is wrong with it without repeating any of its values.</summary>
    public static bool TryParse(
        string text,
        [NotNullWhen(true)] out ServiceBusConnectionString? connection,
        out IReadOnlyList<string> faults
    )
    {
        var found = new List<string>();
        var parts = Split(text, found);
        var endpoint = ReadEndpoint(Take(parts, EndpointPart, found), found);
        var keyName = Take(parts, KeyNamePart, found);
        var key = Take(parts, KeyPart, found);
        found.AddRange(parts.Keys.Select(Explain));

        faults = found;
        connection =
            found.Count == 0 && endpoint is not null && keyName is not null && key is not null
                ? new(endpoint, keyName, key)
                : null;
        return connection is not null;
    }

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
                faults.Add($"has {part[..at].Trim()} twice");
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

    private static Uri? ReadEndpoint(string? text, List<string> faults)
    {
        if (text is null)
        {
            return null;
        }

        if (
            !Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || uri.Host.Length == 0
            || uri.PathAndQuery is not ("/" or "")
        )
        {
            faults.Add("must have an Endpoint such as sb://contoso.servicebus.windows.net/");
            return null;
        }

        switch (uri.Scheme)
        {
            case "sb" or "https":
                return new UriBuilder(uri) { Scheme = Uri.UriSchemeHttps, Path = "/" }.Uri;
            case "http" when uri.IsLoopback:
                return uri;
            case "http":
                faults.Add("must have an Endpoint over HTTPS; plain HTTP is for a loopback address only");
                return null;
            default:
                faults.Add("must have an Endpoint that begins with sb:// or https://");
                return null;
        }
    }

    private static string Explain(string part) =>
        part.ToUpperInvariant() switch
        {
            "ENTITYPATH" => "is one topic's (EntityPath); give the namespace's, for there are several topics",
            "SHAREDACCESSSIGNATURE" => "holds a ready-made signature, which would expire; give a key",
            "USEDEVELOPMENTEMULATOR" => "is the emulator's, which cannot be sent to over HTTP",
            _ => "has a part that is not known; Endpoint, SharedAccessKeyName and SharedAccessKey are",
        };
}
