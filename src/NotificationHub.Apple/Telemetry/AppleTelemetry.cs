namespace NotificationHub.Apple;

/// <summary>The names of the client's telemetry, for OpenTelemetry's <c>AddSource</c> and <c>AddMeter</c>. No tag contains a token, a query or personal data.</summary>
public static class AppleTelemetry
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>: one client span for each request, such as <c>GET /assets</c>.</summary>
    public const string ActivitySourceName = "NotificationHub.Apple";

    /// <summary>
    /// Name of the <see cref="System.Diagnostics.Metrics.Meter"/>: <c>http.client.request.duration</c> and
    /// <c>notificationhub.apple.rate_limit.wait.duration</c>, both in seconds.
    /// </summary>
    public const string MeterName = "NotificationHub.Apple";

    /// <summary>
    /// Name of the meter for the connections of <see cref="AppleClient.CreateHandler"/>, with the instruments of
    /// <c>System.Net.Http</c>. It also measures requests, which the other meter describes better: listen to one of the two.
    /// </summary>
    public const string ConnectionMeterName = "NotificationHub.Apple.Connections";
}
