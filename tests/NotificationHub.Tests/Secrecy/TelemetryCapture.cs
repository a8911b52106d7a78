using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace NotificationHub.Tests.Secrecy;

/// <summary>Captures all logs, traces and metrics of this process, at every level and from every source.</summary>
internal sealed class TelemetryCapture : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> logs = new();
    private readonly ConcurrentQueue<string> traces = new();
    private readonly ConcurrentQueue<string> metrics = new();
    private readonly ActivityListener activities;
    private readonly MeterListener meters;

    public TelemetryCapture()
    {
        activities = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Record,
        };
        ActivitySource.AddActivityListener(activities);
        meters = new MeterListener
        {
            InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument),
        };
        meters.SetMeasurementEventCallback<int>((instrument, _, tags, _) => Record(instrument, tags));
        meters.SetMeasurementEventCallback<long>((instrument, _, tags, _) => Record(instrument, tags));
        meters.SetMeasurementEventCallback<double>((instrument, _, tags, _) => Record(instrument, tags));
        meters.Start();
    }

    public string Logs => string.Join('\n', logs);

    public string Traces => string.Join('\n', traces);

    public string Metrics
    {
        get
        {
            meters.RecordObservableInstruments();
            return string.Join('\n', metrics);
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
    {
        logs.Enqueue($"scope {Describe(state)}");
        return null;
    }

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => logs.Enqueue($"{formatter(state, exception)} {Describe(state)} {exception}");

    public void Dispose()
    {
        activities.Dispose();
        meters.Dispose();
    }

    private void Record(Activity activity) =>
        traces.Enqueue(
            $"{activity.Source.Name} {activity.OperationName} {activity.DisplayName} {activity.StatusDescription} "
                + $"{Join(activity.TagObjects)} {Join(activity.Baggage.Select(pair => new KeyValuePair<string, object?>(pair.Key, pair.Value)))} "
                + $"{activity.TraceStateString} {string.Join(' ', activity.Events.Select(entry => $"{entry.Name} {Join(entry.Tags)}"))} "
                + string.Join(' ', activity.Links.Select(link => $"{link.Context.TraceState} {Join(link.Tags ?? [])}"))
        );

    private void Record(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        metrics.Enqueue($"{instrument.Meter.Name} {instrument.Name} {Join(tags.ToArray())}");

    private static string Describe(object? state) =>
        state is IEnumerable<KeyValuePair<string, object?>> pairs ? Join(pairs) : $"{state}";

    private static string Join(IEnumerable<KeyValuePair<string, object?>> pairs) =>
        string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}"));
}
