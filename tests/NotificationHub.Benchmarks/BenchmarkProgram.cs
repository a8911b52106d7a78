using System.Globalization;
using Microsoft.Extensions.Hosting;
using NotificationHub.Benchmarks.Servers;

namespace NotificationHub.Benchmarks;

/// <summary>
/// A load program: a bare endpoint, an endpoint with a transaction per request, and the hub, in one run on one machine.
/// Only the ratios mean anything elsewhere.
/// </summary>
internal static class BenchmarkProgram
{
    private static async Task<int> Main(string[] args)
    {
        if (args is ["serve", var kind, ..])
        {
            await ServeAsync(kind, args[2..]);
            return 0;
        }

        if (!BenchmarkOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
            return 2;
        }

        var report = await new Comparison(options).RunAsync();
        report.Write();
        return report.Failed == 0 ? 0 : 1;
    }

    private static async Task ServeAsync(string kind, string[] arguments)
    {
        if (kind == "bus")
        {
            await BusServer.RunAsync();
            return;
        }

        var app = kind switch
        {
            "nothing" => BareServers.Nothing(),
            "transaction" => BareServers.OneTransactionPerRequest(arguments[0]),
            "group-commit" => BareServers.GroupCommit(arguments[0]),
            "hub" => HubServer.Build(arguments[0], arguments[1], arguments[2]),
            _ => throw new ArgumentException($"There is no server '{kind}'.", nameof(kind)),
        };
        await using (app)
        {
            await app.StartAsync();
            Console.WriteLine(app.Urls.Single());
            await app.WaitForShutdownAsync();
        }
    }
}

/// <summary>How long and how wide to measure.</summary>
internal sealed record BenchmarkOptions(double Seconds, int[] Connections, int Rounds, double Pace)
{
    public const string Usage =
        "usage: NotificationHub.Benchmarks [--seconds 6] [--connections 1,32,128] [--rounds 3] [--pace 10000]";

    public static bool TryParse(string[] args, out BenchmarkOptions options)
    {
        options = new BenchmarkOptions(6, [1, 32, 128], 3, 10_000);
        if (args.Length % 2 != 0)
        {
            return false;
        }

        foreach (var pair in args.Chunk(2))
        {
            switch (pair[0])
            {
                case "--seconds"
                    when double.TryParse(pair[1], CultureInfo.InvariantCulture, out var seconds) && seconds > 0:
                    options = options with { Seconds = seconds };
                    break;
                case "--connections" when ParseList(pair[1]) is { Length: > 0 } connections:
                    options = options with { Connections = connections };
                    break;
                case "--rounds" when int.TryParse(pair[1], out var rounds) && rounds > 0:
                    options = options with { Rounds = rounds };
                    break;
                case "--pace" when double.TryParse(pair[1], CultureInfo.InvariantCulture, out var pace) && pace >= 0:
                    options = options with { Pace = pace };
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static int[] ParseList(string list) =>
        [
            .. list.Split(',')
                .Select(text => int.TryParse(text, out var number) ? number : 0)
                .Where(number => number > 0),
        ];
}
