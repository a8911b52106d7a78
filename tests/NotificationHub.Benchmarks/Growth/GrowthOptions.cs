using System.Globalization;

namespace NotificationHub.Benchmarks.Growth;

internal sealed record GrowthOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks growth [--sizes 0,1000000,10000000] [--rounds 9] [--seconds 2] [--warm-up 6] [--connections 32]
                                                 [--remove 10000] [--cost 1000000] [--json]

          --sizes         notifications in the log before it is measured; all ratios are to the first
          --rounds        measurements of each size, in turn; the medians are shown
          --seconds       of each measurement
          --warm-up       seconds before the first one, until the runtime has compiled what is hot
          --connections   posts under way at once
          --remove        notifications that retention removes while nothing is posted
          --cost          notifications to find out the bytes of, and the time that routing and publishing take; 0 leaves it out
          --json          prints what was measured instead of the tables

        A log is filled with posts as the load sends them, routed and published. Measured are, each with routing and publishing running: new
        posts; repeats of random ones of the log's younger half; and retention, which removes the log's beginning, first while new posts
        come in and then alone. All sizes take turns of a few seconds. The log of size 0 is emptied in each round.
        On SQLite in a temporary folder that is deleted at the end, 1.3 GiB for each million; then, where NOTIFICATIONHUB_TEST_SQLSERVER
        is a connection string, on that SQL Server in databases that are dropped at the end. Ten million take SQLite some minutes to fill.
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
