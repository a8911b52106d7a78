namespace NotificationHub.Refetch;

/// <summary>When and how fast records are read from Apple again.</summary>
internal sealed class RefetchOptions
{
    public const string Section = "Refetch";

    /// <summary>How long nothing more must be heard of a target before it is read.</summary>
    public TimeSpan Quiet { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a target that is asked for again and again waits at most, at first.</summary>
    public TimeSpan FirstMaxWait { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What the maximum wait grows to while a target stays busy.</summary>
    public TimeSpan LongestMaxWait { get; set; } = TimeSpan.FromMinutes(4);

    /// <summary>The hub's share of Apple's 15 requests a second and location, which it has in common with the MDM.</summary>
    public double RequestsPerSecond { get; set; } = 5;
}
