using System.Globalization;

namespace NotificationHub.Benchmarks.Importing;

internal sealed record ImportOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks import [--assignments 1000000] [--rates 2,0]

          --assignments   assignments of the location; a list measures one size after another
          --rates         requests/s that a full sync may send; 2 is the hub's limit, 0 lifts this limit and Apple's

        Each measurement starts a simulated Apple whose only location has that many assignments, and a hub on an empty SQLite file. The
        location is registered through the admin API. The time ends when the import is reported; then every record is compared with
        Apple's. The hub, the local Service Bus and the simulated Apple share the machine, the first two as processes of their own.
        A million assignments need 1 GiB of disk space in TMPDIR and 2 GiB of memory, and take 20 minutes at 2 requests/s.
        """;

    public IReadOnlyList<int> Assignments { get; private init; } = [1_000_000];

    public IReadOnlyList<double> Rates { get; private init; } = [2, 0];

    public static bool TryParse(string[] args, out ImportOptions options)
    {
        options = new ImportOptions();
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

    private ImportOptions? With(string name, string value) =>
        name switch
        {
            "--assignments" when ParseList(value) is { } sizes && sizes.All(size => size is >= 1 and <= 10_000_000) =>
                this with
                {
                    Assignments = [.. sizes.Select(size => (int)size)],
                },
            "--rates" when ParseList(value) is { } rates && rates.All(rate => rate is 0 or (>= 0.1 and <= 2)) =>
                this with
                {
                    Rates = rates,
                },
            _ => null,
        };

    private static double[]? ParseList(string list)
    {
        List<double> numbers = [];
        foreach (var text in list.Split(','))
        {
            if (!double.TryParse(text, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            numbers.Add(number);
        }

        return [.. numbers];
    }
}
