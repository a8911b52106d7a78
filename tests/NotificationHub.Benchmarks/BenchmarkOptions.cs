using System.Globalization;

namespace NotificationHub.Benchmarks;

internal sealed record BenchmarkOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks [--seconds 6] [--warm-up 5] [--connections 1,32,128] [--rounds 3] [--pace 10000] [--assignments 3] [--servers LIST]

          --seconds       of each measurement
          --warm-up       seconds before each, until the runtime has compiled what is hot
          --connections   posts under way at once
          --rounds        measurements of each server; the medians are shown
          --pace          posts/s of the last measurement, of the hub alone; 0 leaves it out
          --assignments   assignments in a post's body; Apple sends up to 100
          --servers       which to measure: nothing,transaction,group-commit,hub

        The ratio compares the hub with an endpoint that commits the same bodies in groups and does nothing else. The hub also
        checks the secret, finds repeats, routes (events and refetch targets) and publishes, all while it is measured. What
        the ratio leaves out: the reads from Apple and the records that they change (the location's content token counts as
        expired, so that its targets are written but never read), TLS, a network, and a Service Bus that is further away
        than the next process. All posts are for one location and 25 apps, whose targets coalesce. The load, the servers and
        the local Service Bus share the machine: only ratios of one run can be compared with
        ratios of another machine.
        """;

    public double Seconds { get; private init; } = 6;

    public IReadOnlyList<int> Connections { get; private init; } = [1, 32, 128];

    public int Rounds { get; private init; } = 3;

    public double Pace { get; private init; } = 10_000;

    public int Assignments { get; private init; } = 3;

    public IReadOnlyList<string> Servers { get; private init; } =
    [Comparison.Nothing, Comparison.Transaction, Comparison.GroupCommit, Comparison.Hub];

    // Until the runtime has compiled the measured code with optimization.
    public double WarmUpSeconds { get; private init; } = 5;

    public static bool TryParse(string[] args, out BenchmarkOptions options)
    {
        options = new BenchmarkOptions();
        if (args.Length % 2 != 0)
        {
            return false;
        }

        foreach (var pair in args.Chunk(2))
        {
            if (options.With(pair[0], pair[1]) is not { } next)
            {
                return false;
            }

            options = next;
        }

        return true;
    }

    private BenchmarkOptions? With(string name, string value) =>
        name switch
        {
            "--seconds" when TryNumber(value, out var seconds) && seconds > 0 => this with { Seconds = seconds },
            "--warm-up" when TryNumber(value, out var seconds) && seconds > 0 => this with { WarmUpSeconds = seconds },
            "--connections" when ParseList(value) is { Length: > 0 } connections => this with
            {
                Connections = connections,
            },
            "--rounds" when int.TryParse(value, out var rounds) && rounds > 0 => this with { Rounds = rounds },
            "--pace" when TryNumber(value, out var pace) && pace >= 0 => this with { Pace = pace },
            "--assignments" when int.TryParse(value, out var count) && count is > 0 and <= 100 => this with
            {
                Assignments = count,
            },
            "--servers" => this with { Servers = value.Split(',') },
            _ => null,
        };

    private static bool TryNumber(string value, out double number) =>
        double.TryParse(value, CultureInfo.InvariantCulture, out number);

    private static int[] ParseList(string list) =>
        [
            .. list.Split(',')
                .Select(text => int.TryParse(text, out var number) ? number : 0)
                .Where(number => number > 0),
        ];
}
