using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotificationHub.Drill;

/// <summary>The hub's metrics: sums of counters and last values of gauges, by their only tag.</summary>
internal sealed class HubMeters : IDisposable
{
    private readonly ConcurrentDictionary<string, double> values = new(StringComparer.Ordinal);
    private readonly MeterListener listener = new();

    public HubMeters()
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Meter.Name == "NotificationHub")
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();
    }

    /// <param name="metric">Such as <c>notificationhub.publishing.lag{topic=assets}</c>.</param>
    /// <returns>The value; null if it was not measured.</returns>
    public double? Read(string metric)
    {
        listener.RecordObservableInstruments();
        return values.TryGetValue(metric, out var value) ? value : null;
    }

    public void Dispose() => listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var metric = tags is [var tag] ? $"{instrument.Name}{{{tag.Key}={tag.Value}}}" : instrument.Name;
        var isCounter =
            instrument.GetType() is { IsGenericType: true } type
            && type.GetGenericTypeDefinition() == typeof(Counter<>);
        values.AddOrUpdate(metric, value, (_, before) => isCounter ? before + value : value);
    }
}
