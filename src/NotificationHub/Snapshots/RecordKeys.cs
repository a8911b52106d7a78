namespace NotificationHub.Snapshots;

internal static class RecordKeys
{
    public const string DefaultPricing = "STDQ";

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

    public static (string AdamId, string PricingParam) ParseAsset(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (key, DefaultPricing) : (key[..slash], key[(slash + 1)..]);
    }
}
