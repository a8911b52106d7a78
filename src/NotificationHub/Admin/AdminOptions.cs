namespace NotificationHub.Admin;

internal sealed class AdminOptions
{
    public const string Section = "Admin";

    /// <summary>The listener for administration and health probes only; if null, every listener serves them.</summary>
    public string? Urls { get; set; }
}
