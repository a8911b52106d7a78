using System.Globalization;

namespace NotificationHub.Benchmarks.Reading;

internal sealed record ReaderOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks readers [--readers 10] [--connections 32] [--seconds 6] [--warm-up 5] [--rounds 3]

          --readers       Number of slow readers of the feed.
          --connections   Number of parallel connections that send deliveries.
          --seconds       Length of each measurement.
          --warm-up       Seconds before each measurement, in which the runtime optimizes hot code.
          --rounds        Rounds of measurements, each without and with readers; the report shows the medians.

        A slow reader streams the feed (Server-Sent Events) from the first event and reads 8 KiB ten times a second. The load
        generator, the hub, the local Service Bus and the readers share one machine. Compare only the ratios.
        """;

    public int Readers { get; private init; } = 10;

    public int Connections { get; private init; } = 32;

    public double Seconds { get; private init; } = 6;

    public double WarmUpSeconds { get; private init; } = 5;

    public int Rounds { get; private init; } = 3;

    public static bool TryParse(string[] args, out ReaderOptions options)
    {
        options = new ReaderOptions();
        foreach (var pair in args.Chunk(2))
        {
            if (pair is not [var name, var value] || options.With(name, value) is not { } next)
            {
                return false;
            }

            options = next;
        }

        return true;
    }

    private ReaderOptions? With(string name, string value) =>
        !double.TryParse(value, CultureInfo.InvariantCulture, out var number) || number <= 0
            ? null
            : name switch
            {
                "--readers" when number >= 1 => this with { Readers = (int)number },
                "--connections" when number >= 1 => this with { Connections = (int)number },
                "--seconds" => this with { Seconds = number },
                "--warm-up" => this with { WarmUpSeconds = number },
                "--rounds" when number >= 1 => this with { Rounds = (int)number },
                _ => null,
            };
}
