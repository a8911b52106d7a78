using System.Globalization;

namespace NotificationHub.Benchmarks.Growth;

internal sealed record GrowthOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks growth [--sizes 0,1000000,10000000] [--rounds 9] [--seconds 2] [--warm-up 6] [--connections 32]
                                                 [--remove 10000] [--cost 1000000] [--json]

          --sizes         Notifications in the log before the measurements; the ratios are relative to the first size.
          --rounds        Rounds of measurements, each with all sizes; the report shows the medians.
          --seconds       Length of each measurement.
          --warm-up       Seconds before the first measurement, in which the runtime optimizes hot code.
          --connections   Number of parallel connections.
          --remove        Notifications that retention deletes without load.
          --cost          Notifications for the measurement of size, routing time and publishing time; 0 omits it.
          --json          Print the measurements as JSON instead of tables.

        Fills a log with routed and published notifications, and measures, while routing and publishing run: new deliveries; duplicates
        from the newer half of the log (the last 500,000 at most); and retention, which deletes from the start of the log, first under
        load and then without. The sizes alternate every few seconds. The log of size 0 is emptied in each round.
        SQLite uses a temporary folder with 1.3 GiB for each million notifications; filling ten million takes some minutes. If
        NOTIFICATIONHUB_TEST_SQLSERVER is a connection string, the same runs on that server in temporary databases.
        """;

    public IReadOnlyList<long> Sizes { get; private init; } = [0, 1_000_000, 10_000_000];

    public int Rounds { get; private init; } = 9;

    public double Seconds { get; private init; } = 2;

    public double WarmUpSeconds { get; private init; } = 6;

    public int Connections { get; private init; } = 32;

    public long Remove { get; private init; } = 10_000;

    public long Cost { get; private init; } = 1_000_000;

    public bool Json { get; private init; }

    public static bool TryParse(string[] args, out GrowthOptions options)
    {
        options = new GrowthOptions { Json = args.Contains("--json") };
        string[] pairs = [.. args.Where(arg => arg != "--json")];
        if (pairs.Length % 2 != 0)
        {
            return false;
        }

        foreach (var pair in pairs.Chunk(2))
        {
            if (options.With(pair[0], pair[1]) is not { } next)
            {
                return false;
            }

            options = next;
        }

        return true;
    }

    private GrowthOptions? With(string name, string value) =>
        name switch
        {
            "--sizes" when ParseSizes(value) is { Length: > 0 } sizes => this with { Sizes = sizes },
            "--rounds" when int.TryParse(value, out var rounds) && rounds > 0 => this with { Rounds = rounds },
            "--seconds" when TryNumber(value, out var seconds) => this with { Seconds = seconds },
            "--warm-up" when TryNumber(value, out var seconds) => this with { WarmUpSeconds = seconds },
            "--connections" when int.TryParse(value, out var connections) && connections > 0 => this with
            {
                Connections = connections,
            },
            "--remove" when long.TryParse(value, out var count) && count > 0 => this with { Remove = count },
            "--cost" when long.TryParse(value, out var count) && count >= 0 => this with { Cost = count },
            _ => null,
        };

    private static bool TryNumber(string value, out double number) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out number) && number > 0;

    private static long[] ParseSizes(string list)
    {
        long[] sizes = [.. list.Split(',').Select(text => long.TryParse(text, out var size) ? size : -1)];
        return sizes.All(size => size >= 0) ? sizes : [];
    }
}
