using System.Diagnostics.Metrics;

namespace NotificationHub.Apple;

/// <summary>
/// Gives the handler's instruments a meter of their own. With <c>System.Net.Http</c>'s, an application that exports it
/// would report each request twice.
/// </summary>
internal sealed class ConnectionMeters : IMeterFactory
{
    private static readonly Meter Connections = new(AppleTelemetry.ConnectionMeterName);

    public static ConnectionMeters Instance { get; } = new();

    public Meter Create(MeterOptions options) => Connections;

    public void Dispose()
    {
        // The meter belongs to the process.
    }
}
