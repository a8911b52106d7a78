using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace NotificationHub.Tests;

/// <summary>Meters belong to the whole process: who reads them runs while nobody else does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MeterReaders
{
    public const string Name = "meters";
}

/// <summary>What the hub's instruments have said since this was made, by the value of their one tag.</summary>
internal sealed class MeterReadings : IDisposable
{
    private readonly ConcurrentQueue<(string Instrument, string Tag, double Value)> readings = new();
    private readonly MeterListener listener;

    /// <param name="scope">Whose instruments alone are read; null for everybody's.</param>
    public MeterReadings(object? scope = null)
    {
        listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == "NotificationHub" && (scope is null || instrument.Meter.Scope == scope))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
    }

    public IReadOnlyList<double> Of(string instrument, string tag) =>
        [.. readings.Where(reading => reading.Instrument == instrument && reading.Tag == tag).Select(r => r.Value)];

    /// <summary>A counter's sums.</summary>
    public IEnumerable<(string Tag, double Sum)> Sums(string instrument) =>
        readings
            .Where(reading => reading.Instrument == instrument)
            .GroupBy(reading => reading.Tag, (tag, ofTag) => (tag, ofTag.Sum(reading => reading.Value)));

    /// <summary>Asks the instruments that speak only when they are asked.</summary>
    public void Observe() => listener.RecordObservableInstruments();

    public void Dispose() => listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        readings.Enqueue((instrument.Name, tags is [var tag] ? $"{tag.Value}" : "", value));
}
