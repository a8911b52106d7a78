using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Telemetry;

/// <summary>The spans and measurements of one test.</summary>
internal sealed class RecordedTelemetry : IDisposable
{
    private readonly ConcurrentQueue<Activity> spans = new();
    private readonly ConcurrentQueue<Measured> measurements = new();
    private readonly ActivityListener spanListener;
    private readonly MeterListener meterListener;
    private readonly Activity root = new Activity("test").Start();

    public RecordedTelemetry()
    {
        spanListener = new ActivityListener
        {
            ShouldListenTo = source => source.Name is AppleTelemetry.ActivitySourceName or "System.Net.Http",
            // Other tests run at the same time.
            Sample = (ref options) =>
                options.Parent.TraceId == root.TraceId
                    ? ActivitySamplingResult.AllDataAndRecorded
                    : ActivitySamplingResult.None,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(spanListener);
        meterListener = new MeterListener { InstrumentPublished = Listen };
        meterListener.SetMeasurementEventCallback<double>(
            (instrument, value, tags, _) => measurements.Enqueue(new Measured(instrument, value, tags.ToArray()))
        );
        meterListener.Start();
    }

    public TestMeters Meters { get; } = new();

    /// <summary>The ended spans below the test's own.</summary>
    public IReadOnlyList<Activity> Spans =>
        [.. spans.Where(span => span.TraceId == root.TraceId && span.SpanId != root.SpanId)];

    /// <summary>The measurements of <see cref="Meters"/>.</summary>
    public IReadOnlyList<Measured> Of(string instrument) =>
        [.. Of(instrument, port: null).Where(measured => measured.Instrument.Meter.Scope == Meters)];

    /// <summary>The measurements of requests to a port, by all meters.</summary>
    public IEnumerable<Measured> Of(string instrument, int? port) =>
        measurements.Where(measured =>
            measured.Instrument.Name == instrument && (port is null || port.Equals(measured["server.port"]))
        );

    /// <summary>Everything that an exporter could send.</summary>
    public string Everything() =>
        string.Join(
            '\n',
            Spans
                .SelectMany(span =>
                    new[] { span.DisplayName, span.OperationName, span.StatusDescription, span.TraceStateString }
                        .Concat(span.TagObjects.Concat(span.Baggage.Select(AsObject)).Select(Text))
                        .Concat(span.Events.SelectMany(e => e.Tags.Select(Text).Append(e.Name)))
                        .Concat(span.Links.SelectMany(link => (link.Tags ?? []).Select(Text)))
                )
                .Concat(
                    measurements
                        .Where(measured => measured.Instrument.Meter.Scope == Meters)
                        .SelectMany(measured => measured.Tags.Select(Text))
                )
        );

    public void Dispose()
    {
        root.Dispose();
        spanListener.Dispose();
        meterListener.Dispose();
        Meters.Dispose();
    }

    private void Listen(Instrument instrument, MeterListener listener)
    {
        if (
            instrument.Meter.Scope == Meters
            || instrument.Meter.Name is "System.Net.Http" or AppleTelemetry.ConnectionMeterName
        )
        {
            listener.EnableMeasurementEvents(instrument);
        }
    }

    private static KeyValuePair<string, object?> AsObject(KeyValuePair<string, string?> tag) => new(tag.Key, tag.Value);

    private static string Text(KeyValuePair<string, object?> tag) => $"{tag.Key}={tag.Value}";
}

internal sealed record Measured(Instrument Instrument, double Value, KeyValuePair<string, object?>[] Tags)
{
    public object? this[string name] => Tags.FirstOrDefault(tag => tag.Key == name).Value;
}
