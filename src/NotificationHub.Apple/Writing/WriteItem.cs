namespace NotificationHub.Apple;

/// <summary>
/// The smallest part of a write: one asset or subscription for one device or user, or one user. Members that do not
/// apply are null.
/// </summary>
public sealed record WriteItem
{
    /// <summary>Apple's ID of the app, book or subscription; null for a change of users.</summary>
    public string? AdamId { get; init; }

    /// <summary><c>STDQ</c> or <c>PLUS</c>; null if the request does not say, and for users and subscriptions.</summary>
    public string? PricingParam { get; init; }

    /// <summary>The user; null for a device. Personal data.</summary>
    public string? ClientUserId { get; init; }

    /// <summary>The device; null for a user. Personal data.</summary>
    public string? SerialNumber { get; init; }

    /// <summary>The asset or subscription, without user and device.</summary>
    public override string ToString() => $"WriteItem {{ AdamId = {AdamId}, PricingParam = {PricingParam} }}";

    /// <summary>The item in a form in which equal items are equal.</summary>
    internal WriteItem ToKey() =>
        this with
        {
            PricingParam = PricingParam ?? (AdamId is null ? null : AssetKey.DefaultPricing),
            SerialNumber = SerialNumber?.ToUpperInvariant(),
        };
}
