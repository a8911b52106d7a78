using NotificationHub.Apple;

namespace NotificationHub.Locations;

/// <summary>Which <c>mdmInfo</c> a registration sends: the hub stands beside the MDM, so it keeps what the MDM wrote.</summary>
internal static class Ownership
{
    private const string OwnName = "NotificationHub";

    /// <param name="wanted">What the operator gave; any member may be null.</param>
    /// <param name="found">What Apple has.</param>
    /// <param name="locationId">Names the owner where there is none yet.</param>
    /// <returns>All three members: Apple refuses an incomplete object (9723).</returns>
    public static MdmInfo Choose(MdmInfo? wanted, MdmInfo? found, string locationId)
    {
        // Another owner does not go by the name of the one before.
        var kept = wanted?.Id is { } id && id != found?.Id ? null : found;
        return new MdmInfo
        {
            Id = wanted?.Id ?? Given(kept?.Id) ?? $"notificationhub-{locationId}",
            Name = wanted?.Name ?? Given(kept?.Name) ?? OwnName,
            Metadata = wanted?.Metadata ?? kept?.Metadata ?? OwnName,
        };
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
