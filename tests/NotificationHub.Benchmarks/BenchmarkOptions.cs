using System.Globalization;

namespace NotificationHub.Benchmarks;

internal sealed record BenchmarkOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks [--seconds 6] [--warm-up 5] [--connections 1,32,128] [--rounds 3] [--pace 10000] [--assignments 3] [--servers LIST]

          --seconds       Length of each measurement.
          --warm-up       Seconds before each measurement, in which the runtime optimizes hot code.
          --connections   Numbers of parallel connections.
          --rounds        Measurements of each server; the report shows the medians.
          --pace          Deliveries per second of the last measurement, of the hub alone; 0 omits it.
          --assignments   Assignments in each notification; Apple sends up to 100.
          --servers       Servers to measure: nothing,transaction,group-commit,hub.

        The ratios compare the hub with an endpoint that only commits the same bodies in groups. At the same time, the hub
        checks the secret, detects duplicates, routes notifications to events and refetch targets, and publishes. The ratios
        do not include reads from Apple (the content token counts as expired, so the hub writes targets but does not read
        them), TLS, a network or a remote Service Bus. All deliveries are for one location and 25 apps, whose targets coalesce.
        The load generator, the servers and the local Service Bus share one machine. Between machines, compare only the ratios.
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
