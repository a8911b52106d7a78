using System.Diagnostics.Metrics;

namespace NotificationHub.Telemetry;

internal static class HubMeter
{
    public const string Name = "NotificationHub";

    /// <summary>The hub's meter, which the factory creates once.</summary>
    public static Meter CreateHubMeter(this IMeterFactory meters) => meters.Create(Name);

    public static Counter<long> CreateCounter(this IMeterFactory meters, string name, string unit, string text) =>
        meters.CreateHubMeter().CreateCounter<long>(name, unit, text);

    public static Gauge<T> CreateGauge<T>(this IMeterFactory meters, string name, string unit, string text)
        where T : struct => meters.CreateHubMeter().CreateGauge<T>(name, unit, text);
}
