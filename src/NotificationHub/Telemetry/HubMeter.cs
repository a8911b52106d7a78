using System.Diagnostics.Metrics;

namespace NotificationHub.Telemetry;

internal static class HubMeter
{
    public const string Name = "NotificationHub";

    /// <summary>The hub's meter, which the factory creates once.</summary>
    public static Meter CreateHubMeter(this IMeterFactory meters) => meters.Create(Name);
}
