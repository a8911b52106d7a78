using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using NotificationHub.Benchmarks.Growth;
using NotificationHub.Benchmarks.Sending;
using NotificationHub.Benchmarks.Servers;
using Spectre.Console;

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

        if (args is [.., "--help" or "-h" or "-?"])
        {
            Console.WriteLine(
                args switch
                {
                    ["growth", ..] => GrowthOptions.Usage,
                    ["sender", ..] => SenderOptions.Usage,
                    _ => BenchmarkOptions.Usage,
                }
            );
            return 0;
        }

        return args switch
        {
            ["growth", ..] => await GrowAsync(args[1..]),
            ["sender", ..] => await SendAsync(args[1..]),
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
        foreach (var ground in GrowthGround.All())
        {
            await using (ground)
            {
                if (ground.FindFault(options) is { } fault)
                {
                    await Console.Error.WriteLineAsync(fault);
                    return 2;
                }

                var report = await new GrowthRun(options, ground).RunAsync();
                report.Write(options.Json);
                failed += report.Failed;
            }
        }

        return failed == 0 ? 0 : 1;
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
            "hub" => HubServer.Build(arguments[0], arguments[1], arguments[2..]),
            _ => throw new ArgumentException($"There is no server '{kind}'.", nameof(kind)),
        };
        await using (app)
        {
            await app.StartAsync();
            Console.WriteLine(app.Urls.Single());
            // Not waited for: where the process is told to stop by a signal, nobody closes its input.
            var obeying = Task.Run(() => ObeyAsync(app));
            await app.WaitForShutdownAsync();
        }
    }

    // Whoever has started it closes its input when it is to stop in good order: it gives its leases back.
    private static async Task ObeyAsync(WebApplication app)
    {
        while (await Console.In.ReadLineAsync() is { } order)
        {
            await HubServer.ObeyAsync(app, order);
            Console.WriteLine(order);
        }

        app.Lifetime.StopApplication();
    }
}
