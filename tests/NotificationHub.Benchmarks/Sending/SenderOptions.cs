using System.Globalization;

namespace NotificationHub.Benchmarks.Sending;

internal sealed record SenderOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks sender [--seconds 4] [--warm-up 3] [--rounds 3]

          --seconds       Length of each measurement.
          --warm-up       Seconds before each measurement, in which the runtime optimizes hot code.
          --rounds        Rounds of measurements, each with all batch sizes; the report shows the medians.

        This process creates messages of events and sends them to one topic, one batch after another, like the publisher. The local
        Service Bus runs in another process, a new one for each measurement. Both share one machine. Between machines,
        compare only the ratios.
        """;

    public double Seconds { get; private init; } = 4;

    public double WarmUpSeconds { get; private init; } = 3;

    public int Rounds { get; private init; } = 3;

    public static bool TryParse(string[] args, out SenderOptions options)
    {
        options = new SenderOptions();
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

    private SenderOptions? With(string name, string value) =>
        !double.TryParse(value, CultureInfo.InvariantCulture, out var number) || number <= 0
            ? null
            : name switch
            {
                "--seconds" => this with { Seconds = number },
                "--warm-up" => this with { WarmUpSeconds = number },
                "--rounds" when number >= 1 => this with { Rounds = (int)number },
                _ => null,
            };
}
