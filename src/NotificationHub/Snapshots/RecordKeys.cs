using System.Text.RegularExpressions;

namespace NotificationHub.Snapshots;

internal static class RecordKeys
{
    public const string DefaultPricing = "STDQ";
    public const string PlusPricing = "PLUS";

    public const int MaxLength = 380;

    private const int MaxDigits = 19;
    private const string SerialPrefix = "serial:";
    private const string UserPrefix = "user:";

    // A longer key would fail its whole page.
    public static bool IsUsable(string key) => key.Length <= MaxLength;

    /// <summary>Whether a key with these parts can be parsed again.</summary>
    public static bool IsUsable(string adamId, string pricingParam) =>
        adamId is { Length: > 0 and <= MaxDigits }
        && !adamId.AsSpan().ContainsAnyExceptInRange('0', '9')
        && !pricingParam.AsSpan().ContainsAny('/', ' ');

    // Apple leaves out the pricingParam of standard quality.
    public static string Asset(string adamId, string? pricingParam) => $"{adamId}/{pricingParam ?? DefaultPricing}";

    /// <param name="holder"><c>serial:S</c> or <c>user:U</c>.</param>
    public static string Assignment(string asset, string holder) => $"{asset}/{UserKeys.Last(holder)}";

    public static string SubscriptionAssignment(string adamId, string clientUserId) =>
        $"{adamId}/{UserKeys.Last(clientUserId)}";

    public static string User(string clientUserId) => UserKeys.Escape(clientUserId);

    public static string RetiredUser(string clientUserId, string hash) => $"{User(clientUserId)}/retired/{hash}";

    public static string SerialHolder(string serialNumber) => SerialPrefix + serialNumber;

    public static string UserHolder(string clientUserId) => UserPrefix + clientUserId;

    public static (string? SerialNumber, string? ClientUserId) ParseHolder(string holder) =>
        holder.StartsWith(SerialPrefix, StringComparison.Ordinal)
            ? (holder[SerialPrefix.Length..], null)
            : (null, holder[UserPrefix.Length..]);

    // A holder may contain slashes.
    public static (string Asset, string Holder) ParseAssignment(string key)
    {
        var slash = key.IndexOf('/', key.IndexOf('/', StringComparison.Ordinal) + 1);
        return (key[..slash], UserKeys.ParseLast(key[(slash + 1)..]));
    }

    public static (string AdamId, string ClientUserId) ParseSubscriptionAssignment(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return (key[..slash], UserKeys.ParseLast(key[(slash + 1)..]));
    }

    public static string ActiveUser(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>The exclusive upper bound of the user's keys.</summary>
    // '0' is the character after '/'.
    public static string BehindUser(string activeKey) => $"{activeKey}0";

    // All keys except a user's begin with the adamId.
    public static string? GetAdamId(RecordKind kind, string key) =>
        kind == RecordKind.User ? null : key.Split('/', 2)[0];

    public static (string AdamId, string PricingParam) ParseAsset(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (key, DefaultPricing) : (key[..slash], key[(slash + 1)..]);
    }
}

/// <summary>Escapes user IDs and holders in keys and subjects.</summary>
// No key ends with a space, because SQL Server ignores trailing spaces.
internal static partial class UserKeys
{
    private const string Space = "%20";

    // A user's ID may contain slashes.
    public static string Escape(string clientUserId) =>
        EscapeLastSpace(clientUserId.Replace("%", "%25", StringComparison.Ordinal))
            .Replace("/", "%2F", StringComparison.Ordinal);

    public static string Parse(string key) =>
        key.Replace("%2F", "/", StringComparison.Ordinal)
            .Replace(Space, " ", StringComparison.Ordinal)
            .Replace("%25", "%", StringComparison.Ordinal);

    public static string Subject(string clientUserId) => $"users/{Escape(clientUserId)}";

    /// <summary>A holder as the last part of a key; only its end is escaped.</summary>
    public static string Last(string holder) => EscapeLastSpace(EndPattern().Replace(holder, "%25${rest}"));

    public static string ParseLast(string part) =>
        part.EndsWith(Space, StringComparison.Ordinal)
            ? $"{part.AsSpan(0, part.Length - Space.Length)} "
            : EscapedEndPattern().Replace(part, "%${rest}");

    private static string EscapeLastSpace(string text) =>
        text.EndsWith(' ') ? $"{text.AsSpan(0, text.Length - 1)}{Space}" : text;

    // An end that looks like an escaped space, any number of times, must be restored unchanged.
    [GeneratedRegex("""%(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EndPattern();

    [GeneratedRegex("""%25(?<rest>(25)*20)\z""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex EscapedEndPattern();
}
