using System.Diagnostics;

namespace NotificationHub.Telemetry;

/// <summary>
/// Starts a new trace for every request. The notification URL is public: the <c>traceparent</c> of an unknown sender must not decide what is
/// recorded, and its <c>tracestate</c> and baggage must not reach others.
/// </summary>
internal sealed class IgnoreInboundTraceContext : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // Only the web server uses this propagator, and it sends no requests.
    }

    public override void ExtractTraceIdAndState(
        object? carrier,
        PropagatorGetterCallback? getter,
        out string? traceId,
        out string? traceState
    ) => (traceId, traceState) = (null, null);

    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(
        object? carrier,
        PropagatorGetterCallback? getter
    ) => null;
}
