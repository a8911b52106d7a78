namespace NotificationHub.Drill;

/// <summary>How a scenario's scene differs from the others.</summary>
internal sealed record DrillOptions
{
    /// <summary>Settings of the hub, as <c>--Section:Key=value</c>.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>Whether Apple reaches the hub over HTTPS.</summary>
    public bool UsesTls { get; init; }

    /// <summary>Size at which a topic is full.</summary>
    public long? MaxTopicBytes { get; init; }
}
