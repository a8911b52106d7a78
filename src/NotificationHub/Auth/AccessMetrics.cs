using System.Diagnostics.Metrics;
using NotificationHub.Telemetry;

namespace NotificationHub.Auth;

internal sealed class AccessMetrics(IMeterFactory meters)
{
    private readonly Counter<long> unauthorized = meters.CreateCounter(
        "notificationhub.access.unauthorized",
        "{request}",
        "Requests with an invalid key or token, by API."
    );

    public void CountUnauthorized(string api) => unauthorized.Add(1, new KeyValuePair<string, object?>("api", api));
}
