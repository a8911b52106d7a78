using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotificationHub.Tests;

/// <summary>Creates meters for one test, so that tests that run at the same time do not see each other's measurements.</summary>
internal sealed class TestMeters : IMeterFactory
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Meter> meters = new(StringComparer.Ordinal);

    public Meter Create(MeterOptions options)
    {
        lock (gate)
        {
            if (!meters.TryGetValue(options.Name, out var meter))
            {
                meters[options.Name] = meter = new Meter(new MeterOptions(options.Name) { Scope = this });
            }

            return meter;
        }
    }

    /// <summary>Calls <paramref name="recorded"/> on the thread that records a value of the instrument, until disposed.</summary>
    public IDisposable Listen(string instrument, Action recorded)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (published, listener) =>
            {
                if (published.Meter.Scope == this && published.Name == instrument)
                {
                    listener.EnableMeasurementEvents(published);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => recorded());
        listener.Start();
        return listener;
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var meter in meters.Values)
            {
                meter.Dispose();
            }
        }
    }
}

/// <summary>The measurements of the hub's instruments since this was created, by the value of their one tag.</summary>
internal sealed class MeterReadings : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, string Tag, double Value)> readings = new();
    private readonly MeterListener listener;

    /// <param name="meters">Only measurements of meters of this factory are collected.</param>
    public MeterReadings(IMeterFactory meters)
    {
        listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "NotificationHub" && instrument.Meter.Scope == meters)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        listener.Start();
    }

    public IReadOnlyList<double> Of(string instrument, string tag) =>
        [.. readings.Where(reading => reading.Instrument == instrument && reading.Tag == tag).Select(r => r.Value)];

    /// <summary>The sums of a counter.</summary>
    public IEnumerable<(string Tag, double Sum)> Sums(string instrument) =>
        readings
            .Where(reading => reading.Instrument == instrument)
            .GroupBy(reading => reading.Tag, (tag, ofTag) => (tag, ofTag.Sum(reading => reading.Value)));

    /// <summary>Reads the observable instruments.</summary>
    public void Observe() => listener.RecordObservableInstruments();

    public void Dispose() => listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        readings.Enqueue((instrument.Name, tags is [var tag] ? $"{tag.Value}" : "", value));
}
