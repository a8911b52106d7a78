using System.Diagnostics;
using System.Globalization;

namespace NotificationHub.Telemetry;

/// <summary>
/// Adds OpenTelemetry's name and tags to the web server's activities. Records the route, not the path, which the sender controls. Probes are
/// not traced.
/// </summary>
internal sealed class RequestTraces : IStartupFilter
{
    private static readonly string[] KnownMethods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(following =>
                context =>
                    Activity.Current is { IsAllDataRequested: true } trace
                        ? RunAsync(trace, context, following)
                        : following(context)
            );
            next(app);
        };

    private static async Task RunAsync(Activity trace, HttpContext context, RequestDelegate following)
    {
        if (context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal))
        {
            trace.IsAllDataRequested = false;
            trace.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        }

        // If an exception escapes, the web server responds 500.
        var status = StatusCodes.Status500InternalServerError;
        try
        {
            await following(context);
            status = context.Response.StatusCode;
        }
        finally
        {
            Describe(trace, context, status);
        }
    }

    private static void Describe(Activity trace, HttpContext context, int status)
    {
        var method = KnownMethods.Contains(context.Request.Method, StringComparer.Ordinal)
            ? context.Request.Method
            : "_OTHER";
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText;
        trace.DisplayName = route is null ? method : $"{method} {route}";
        trace
            .SetTag("http.request.method", method)
            .SetTag("http.route", route)
            .SetTag("http.response.status_code", status)
            .SetTag("url.scheme", context.Request.Scheme);
        if (status >= StatusCodes.Status500InternalServerError)
        {
            trace.Fail(status.ToString(CultureInfo.InvariantCulture));
        }
    }
}

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
