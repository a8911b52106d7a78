namespace NotificationHub.Apple;

/// <summary>The MDM recorded as the owner of a location. Apple: MdmInfo.</summary>
public sealed record MdmInfo
{
    /// <summary>The MDM's own stable ID; at most 100 characters.</summary>
    public string? Id { get; init; }

    /// <summary>A name for administrators; at most 100 characters.</summary>
    public string? Name { get; init; }

    /// <summary>Free text; at most 255 characters.</summary>
    public string? Metadata { get; init; }
}
