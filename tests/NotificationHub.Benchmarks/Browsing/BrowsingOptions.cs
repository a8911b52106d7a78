using System.Globalization;

namespace NotificationHub.Benchmarks.Browsing;

internal sealed record BrowsingOptions
{
    public const string Usage = """
        usage: NotificationHub.Benchmarks console [--notifications 1000000] [--changes 200000] [--requests 20]

          --notifications   Number of notifications in the log, each with an event.
          --changes         Number of changes of records in the event log.
          --requests        Number of requests for each page; the report shows the median and the slowest.

        Requests the console's pages beside a long log, one after the other. Ends with 1 if a page takes more than 300 ms.
        """;

    public int Notifications { get; private init; } = 1_000_000;

    public int Changes { get; private init; } = 200_000;

    public int Requests { get; private init; } = 20;

    public static bool TryParse(string[] args, out BrowsingOptions options)
    {
        options = new BrowsingOptions();
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

    private BrowsingOptions? With(string name, string value) =>
        !int.TryParse(value, CultureInfo.InvariantCulture, out var number) || number <= 0
            ? null
            : name switch
            {
                "--notifications" => this with { Notifications = number },
                "--changes" => this with { Changes = number },
                "--requests" => this with { Requests = number },
                _ => null,
            };
}
