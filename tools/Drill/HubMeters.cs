using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotificationHub.Drill;

/// <summary>What the hub's instruments say: the sums of its counters, the last values of its gauges, by their one tag.</summary>
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
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
    }

    /// <param name="metric">Such as <c>notificationhub.publishing.lag{topic=assets}</c>.</param>
    /// <returns>Its value; null where it was not measured.</returns>
    public double? Read(string metric)
    {
        listener.RecordObservableInstruments();
        return values.TryGetValue(metric, out var value) ? value : null;
    }

    public void Dispose() => listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var metric = tags is [var tag] ? $"{instrument.Name}{{{tag.Key}={tag.Value}}}" : instrument.Name;
        var isCounter =
            instrument.GetType() is { IsGenericType: true } type
            && type.GetGenericTypeDefinition() == typeof(Counter<>);
        values.AddOrUpdate(metric, value, (_, before) => isCounter ? before + value : value);
    }
}
