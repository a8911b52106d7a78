namespace NotificationHub.Snapshots;

/// <summary>How targets and subjects name an asset: by adamId and pricingParam.</summary>
internal static class AssetKeys
{
    /// <summary>What a pricingParam that Apple left out stands for: its own examples leave it out for standard quality.</summary>
    public const string Standard = "STDQ";

    public static string Of(string adamId, string? pricingParam) => $"{adamId}/{pricingParam ?? Standard}";

    public static string Subject(string key) => $"assets/{key}";
}
