using FluentValidation;

namespace NotificationHub.Publishing.ServiceBus;

internal sealed class ServiceBusOptions
{
    public const string Section = "ServiceBus";

    /// <summary>The namespace's host, such as <c>contoso.servicebus.windows.net</c>. The hub uses a Microsoft Entra identity.</summary>
    public string? FullyQualifiedNamespace { get; set; }

    /// <summary>The namespace's connection string with a shared access key, instead of an identity.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether to connect by AMQP over WebSockets (port 443, through proxies) instead of AMQP (port 5671).</summary>
    public bool UseWebSockets { get; set; }

    /// <summary>The maximum duration of one send, including the time to get a token.</summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(8);

    public bool IsConfigured => FullyQualifiedNamespace is { Length: > 0 } || ConnectionString is { Length: > 0 };
}

internal sealed class ServiceBusOptionsValidator : AbstractValidator<ServiceBusOptions>
{
    public ServiceBusOptionsValidator()
    {
        RuleFor(options => options.FullyQualifiedNamespace)
            .Must(name => string.IsNullOrEmpty(name) || Uri.CheckHostName(name) == UriHostNameType.Dns)
            .WithMessage("must be a host name without scheme or path, such as contoso.servicebus.windows.net");
        RuleFor(options => options.FullyQualifiedNamespace)
            .Empty()
            .When(options => options.ConnectionString is { Length: > 0 })
            .WithMessage("must be empty if ServiceBus:ConnectionString is set");
        RuleFor(options => options.ConnectionString)
            .Custom(
                (text, context) =>
                {
                    foreach (var error in text is { Length: > 0 } ? ServiceBusConnectionString.Validate(text) : [])
                    {
                        context.AddFailure(error);
                    }
                }
            );
        RuleFor(options => options.SendTimeout)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2))
            .WithMessage("must be between one second and two minutes");
    }
}

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
