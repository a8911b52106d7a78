using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using NotificationHub.Intake;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Telemetry;

/// <summary>An instrument as the document's table has it.</summary>
internal sealed record HubInstrument(string Name, string Kind, string Unit);

/// <summary>The instruments that the hub really has.</summary>
internal static class HubInstruments
{
    /// <summary>All of them: some are there only while a hub runs.</summary>
    public static async Task<IReadOnlyCollection<HubInstrument>> OfHubAsync()
    {
        await using var hub = await HubHost.StartAsync();
        using var found = new Found();
        return found.List();
    }

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

        public Found()
        {
            listener = new MeterListener
            {
                InstrumentPublished = (instrument, _) =>
                {
                    if (instrument.Meter.Name == "NotificationHub")
                    {
                        instruments.Add(new(instrument.Name, KindOf(instrument), instrument.Unit ?? ""));
                    }
                },
            };
        }

        public IReadOnlyCollection<HubInstrument> List()
        {
            foreach (var type in typeof(IntakeMetrics).Assembly.GetTypes().Where(IsOfMetrics))
            {
                RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            }

            listener.Start();
            return [.. instruments.Distinct()];
        }

        public void Dispose() => listener.Dispose();

        private static bool IsOfMetrics(Type type) => type.Name.EndsWith("Metrics", StringComparison.Ordinal);
    }
}
