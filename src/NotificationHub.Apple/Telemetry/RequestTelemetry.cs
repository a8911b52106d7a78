using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace NotificationHub.Apple;

/// <summary>Reports each request as OpenTelemetry's conventions for HTTP clients say, and the waits before it.</summary>
internal sealed class RequestTelemetry
{
    public const string TemplateTag = "url.template";

    private static readonly ActivitySource Source = new(AppleTelemetry.ActivitySourceName);
    private static readonly Meter ProcessMeter = new(AppleTelemetry.MeterName);

    // The boundaries that OpenTelemetry's conventions recommend.
    private static readonly InstrumentAdvice<double> Boundaries = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    };

    private readonly Histogram<double> durations;
    private readonly Histogram<double> waits;
    private readonly TimeProvider time;

    /// <param name="meters">Creates the meter; null for one meter of the process.</param>
    /// <param name="time">Measures durations.</param>
    public RequestTelemetry(IMeterFactory? meters, TimeProvider time)
    {
        this.time = time;
        var meter = meters?.Create(AppleTelemetry.MeterName) ?? ProcessMeter;
        durations = meter.CreateHistogram(
            "http.client.request.duration",
            "s",
            "Duration of HTTP requests to Apple, including the response.",
            tags: null,
            Boundaries
        );
        waits = meter.CreateHistogram(
            "notificationhub.apple.rate_limit.wait.duration",
            "s",
            "Time that requests to Apple waited for the location's request rate.",
            tags: null,
            Boundaries
        );
    }

    /// <param name="request">The request. Its query names users and devices, and is not reported.</param>
    /// <param name="template">The documented path.</param>
    public RequestObservation Begin(HttpRequestMessage request, string template)
    {
        var url = request.RequestUri!;
        var tags = new TagList
        {
            { "http.request.method", request.Method.Method },
            { "server.address", url.IdnHost },
            { "server.port", url.Port },
            { TemplateTag, template },
        };
        var activity = Source.StartActivity(
            $"{request.Method.Method} {template}",
            ActivityKind.Client,
            default(ActivityContext),
            tags
        );
        activity?.SetTag("url.full", url.GetLeftPart(UriPartial.Path));
        tags.Add("url.scheme", url.Scheme);
        return new RequestObservation(activity, durations, tags, time);
    }

    /// <summary>Records how long a request waited before it was sent, or given up.</summary>
    public void Waited(string template, TimeSpan wait) =>
        waits.Record(wait.TotalSeconds, new KeyValuePair<string, object?>(TemplateTag, template));
}
