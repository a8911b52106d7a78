using System.Globalization;

namespace NotificationHub.Benchmarks.Sending;

internal sealed record SenderOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks sender [--seconds 4] [--warm-up 3] [--rounds 3]

          --seconds       of each measurement
          --warm-up       seconds before each, until the runtime has compiled what is hot
          --rounds        measurements of each batch size, in turn; the medians are shown

        This process creates events' messages and sends them to one topic, one batch after another, as the publisher does. The local
        Service Bus runs in another process, a new one for each measurement. Both share the machine: only the ratios mean anything
        elsewhere.
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
