namespace NotificationHub.Snapshots;

/// <summary>How records are named in the snapshot.</summary>
internal static class RecordKeys
{
    public const string DefaultPricing = "STDQ";

    /// <summary>The maximum key length in the tables.</summary>
    public const int MaxLength = 380;

    private const int MaxDigits = 19;
    private const string SerialPrefix = "serial:";
    private const string UserPrefix = "user:";

    /// <summary>Whether the key fits into the tables; a longer one would fail its whole page.</summary>
    public static bool IsUsable(string key) => key.Length <= MaxLength;

    /// <summary>Whether Apple's parts of the key are digits and a word; otherwise the key could not be parsed again.</summary>
    public static bool IsUsable(string adamId, string pricingParam) =>
        adamId is { Length: > 0 and <= MaxDigits }
        && !adamId.AsSpan().ContainsAnyExceptInRange('0', '9')
        && !pricingParam.AsSpan().ContainsAny('/', ' ');

    public static string Asset(string adamId, string pricingParam) => $"{adamId}/{pricingParam}";

    /// <param name="asset">The asset's key.</param>
    /// <param name="holder"><c>serial:S</c> or <c>user:U</c>.</param>
    public static string Assignment(string asset, string holder) => $"{asset}/{UserKeys.Last(holder)}";

    public static string SubscriptionAssignment(string adamId, string clientUserId) =>
        $"{adamId}/{UserKeys.Last(clientUserId)}";

    public static string User(string clientUserId) => UserKeys.Of(clientUserId);

    public static string RetiredUser(string clientUserId, string hash) => $"{User(clientUserId)}/retired/{hash}";

    public static string SerialHolder(string serialNumber) => SerialPrefix + serialNumber;

    public static string UserHolder(string clientUserId) => UserPrefix + clientUserId;

    public static (string? SerialNumber, string? ClientUserId) ParseHolder(string holder) =>
        holder.StartsWith(SerialPrefix, StringComparison.Ordinal)
            ? (holder[SerialPrefix.Length..], null)
            : (null, holder[UserPrefix.Length..]);

    /// <summary>The parts of an assignment's key; a holder may hold slashes.</summary>
    public static (string Asset, string Holder) ParseAssignment(string key)
    {
        var slash = key.IndexOf('/', key.IndexOf('/', StringComparison.Ordinal) + 1);
        return (key[..slash], UserKeys.ParseLast(key[(slash + 1)..]));
    }

    /// <summary>The parts of a subscription assignment's key.</summary>
    public static (string AdamId, string ClientUserId) ParseSubscriptionAssignment(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return (key[..slash], UserKeys.ParseLast(key[(slash + 1)..]));
    }

    /// <summary>The key of the active record of the user whose active or retired record this is.</summary>
    public static string ActiveUser(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? key : key[..slash];
    }

    /// <summary>The exclusive upper bound of all keys of the user with this active key ('0' is the character after '/').</summary>
    public static string BehindUser(string activeKey) => $"{activeKey}0";

    /// <summary>The parts of an asset's key.</summary>
    public static (string AdamId, string PricingParam) ParseAsset(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (key, DefaultPricing) : (key[..slash], key[(slash + 1)..]);
    }
}
