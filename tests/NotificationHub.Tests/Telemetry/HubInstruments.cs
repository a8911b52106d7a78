using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Telemetry;

/// <summary>A row of the document's table.</summary>
internal sealed record HubInstrument(string Name, string Kind, string Unit);

/// <summary>Finds the instruments of a running hub.</summary>
internal static class HubInstruments
{
    /// <summary>Starts a hub, because some instruments exist only while it runs.</summary>
    public static async Task<IReadOnlyCollection<HubInstrument>> OfHubAsync()
    {
        await using var hub = await HubHost.StartAsync();
        // Some metrics are created only when their stage first runs.
        foreach (var type in typeof(HubApplication).Assembly.GetTypes().Where(IsMetrics))
        {
            hub.Services.GetService(type);
        }

        using var found = new Found(hub.Services.GetRequiredService<IMeterFactory>());
        return found.List();
    }

    private static bool IsMetrics(Type type) => type.Name.EndsWith("Metrics", StringComparison.Ordinal);

    private static string KindOf(Instrument instrument) =>
        instrument.GetType().GetGenericTypeDefinition() switch
        {
            var type when type == typeof(Counter<>) => "counter",
            var type when type == typeof(Histogram<>) => "histogram",
            var type when type == typeof(Gauge<>) || type == typeof(ObservableGauge<>) => "gauge",
            var type when type == typeof(UpDownCounter<>) => "up-down counter",
            var type => type.Name,
        };

    private sealed class Found : IDisposable
    {
        private readonly ConcurrentBag<HubInstrument> instruments = [];
        private readonly MeterListener listener;

        public Found(IMeterFactory meters)
        {
            listener = new MeterListener
            {
                InstrumentPublished = (instrument, _) =>
                {
                    if (instrument.Meter.Name == "NotificationHub" && instrument.Meter.Scope == meters)
                    {
                        instruments.Add(new(instrument.Name, KindOf(instrument), instrument.Unit ?? ""));
                    }
                },
            };
        }

        public IReadOnlyCollection<HubInstrument> List()
        {
            listener.Start();
            return [.. instruments.Distinct()];
        }

        public void Dispose() => listener.Dispose();
    }
}
