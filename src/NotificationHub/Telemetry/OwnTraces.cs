using System.Diagnostics;

namespace NotificationHub.Telemetry;

/// <summary>
/// Every request begins a trace of the hub's own. The notification URL is public: whoever sends a <c>traceparent</c> could have each of
/// their requests recorded, or none, and write what they like into <c>tracestate</c> and baggage, which go on to others.
/// </summary>
internal sealed class OwnTraces : DistributedContextPropagator
{
    public override IReadOnlyCollection<string> Fields => [];

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter)
    {
        // The web server, which alone asks it, has nobody to tell.
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
