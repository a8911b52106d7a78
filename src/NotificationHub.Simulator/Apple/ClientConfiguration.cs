namespace NotificationHub.Simulator.Apple;

/// <summary>The MDM server that a location is recorded for.</summary>
internal sealed record MdmInfo(string Id, string Name, string Metadata);

/// <summary>What Client Config holds for a location.</summary>
internal sealed record ClientConfiguration(
    MdmInfo? MdmInfo,
    Uri? NotificationUrl,
    string? NotificationAuthToken,
    IReadOnlyList<string> NotificationTypes
)
{
    public static ClientConfiguration Empty { get; } = new(null, null, null, []);
}
