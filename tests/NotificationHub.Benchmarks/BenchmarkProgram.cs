using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using NotificationHub.Benchmarks.Browsing;
using NotificationHub.Benchmarks.Growth;
using NotificationHub.Benchmarks.Importing;
using NotificationHub.Benchmarks.Reading;
using NotificationHub.Benchmarks.Sending;
using NotificationHub.Benchmarks.Servers;
using Spectre.Console;

namespace NotificationHub.Benchmarks;

/// <summary>
/// Compares a bare endpoint, an endpoint with a transaction per request, and the hub, in one run on one machine.
/// Only the ratios are meaningful on other machines.
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

        if (args is [.., "--help" or "-h" or "-?"])
        {
            Console.WriteLine(
                args switch
                {
                    ["growth", ..] => GrowthOptions.Usage,
                    ["import", ..] => ImportOptions.Usage,
                    ["sender", ..] => SenderOptions.Usage,
                    ["readers", ..] => ReaderOptions.Usage,
                    ["console", ..] => BrowsingOptions.Usage,
                    _ => BenchmarkOptions.Usage,
                }
            );
            return 0;
        }

        return args switch
        {
            ["growth", ..] => await GrowAsync(args[1..]),
            ["import", ..] => await ImportAsync(args[1..]),
            ["sender", ..] => await SendAsync(args[1..]),
            ["readers", ..] => await ReadAsync(args[1..]),
            ["console", ..] => await BrowseAsync(args[1..]),
            _ => await CompareAsync(args),
        };
    }

    private static async Task<int> CompareAsync(string[] args)
    {
        if (!BenchmarkOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(BenchmarkOptions.Usage);
            return 2;
        }

        var report = await new Comparison(options).RunAsync();
        report.Write();
        return report.Failed == 0 ? 0 : 1;
    }

    private static async Task<int> GrowAsync(string[] args)
    {
        if (!GrowthOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(GrowthOptions.Usage);
            return 2;
        }

        var failed = 0L;
        foreach (var engine in GrowthEngine.All())
        {
            await using (engine)
            {
                if (engine.FindFault(options) is { } fault)
                {
                    await Console.Error.WriteLineAsync(fault);
                    return 2;
                }

                var report = await new GrowthRun(options, engine).RunAsync();
                report.Write(options.Json);
                failed += report.Failed;
            }
        }

        return failed == 0 ? 0 : 1;
    }

    private static async Task<int> ImportAsync(string[] args)
    {
        if (!ImportOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(ImportOptions.Usage);
            return 2;
        }

        List<ImportResult> results = [];
        foreach (var assignments in options.Assignments)
        {
            foreach (var rate in options.Rates)
            {
                await Console.Error.WriteLineAsync(
                    FormattableString.Invariant($"importing {assignments:N0} assignments, {rate} requests/s")
                );
                await using var run = new ImportRun(assignments, rate);
                results.Add(await run.RunAsync());
                await Console.Error.WriteLineAsync($"  {results[^1]}");
            }
        }

        ImportReport.Write(results);
        return results.TrueForAll(result => result.IsExact) ? 0 : 1;
    }

    private static async Task<int> SendAsync(string[] args)
    {
        if (!SenderOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(SenderOptions.Usage);
            return 2;
        }

        AnsiConsole.Write(await new SenderRun(options).RunAsync());
        return 0;
    }

    private static async Task<int> ReadAsync(string[] args)
    {
        if (!ReaderOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(ReaderOptions.Usage);
            return 2;
        }

        AnsiConsole.Write(await new ReaderRun(options).RunAsync());
        return 0;
    }

    private static async Task<int> BrowseAsync(string[] args)
    {
        if (!BrowsingOptions.TryParse(args, out var options))
        {
            await Console.Error.WriteLineAsync(BrowsingOptions.Usage);
            return 2;
        }

        var isFast = true;
        foreach (var engine in GrowthEngine.All())
        {
            await using (engine)
            {
                isFast &= await new BrowsingRun(options, engine).RunAsync();
            }
        }

        return isFast ? 0 : 1;
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
            "import-hub" => ImportHub.Build(arguments[0], arguments[1], arguments[2]),
            "hub" => HubServer.Build(arguments[0], arguments[1], arguments[2..]),
            _ => throw new ArgumentException($"Unknown server '{kind}'.", nameof(kind)),
        };
        await using (app)
        {
            await app.StartAsync();
            Console.WriteLine(app.Urls.Single());
            // Not awaited: if a signal stops the process, its input stays open.
            var executing = Task.Run(() => ExecuteAsync(app));
            await app.WaitForShutdownAsync();
        }
    }

    // The parent closes the input for a graceful stop, in which the hub releases its leases.
    private static async Task ExecuteAsync(WebApplication app)
    {
        while (await Console.In.ReadLineAsync() is { } command)
        {
            if (command == "allocated")
            {
                Console.WriteLine(GC.GetTotalAllocatedBytes());
                continue;
            }

            await HubServer.ExecuteAsync(app, command);
            Console.WriteLine(command);
        }

        app.Lifetime.StopApplication();
    }
}
