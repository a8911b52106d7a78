using System.CommandLine;
using System.Globalization;
using NotificationHub.Drill.Requests;
using NotificationHub.Simulator;

namespace NotificationHub.Drill;

/// <summary>Breaks one dependency of the hub after the other, and prints what an operator sees.</summary>
internal static class DrillProgram
{
    private const int Interrupted = 130;

    private static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error, CancellationToken.None);

    /// <returns>0: the hub recovered from every scenario without loss; 1: it did not; 2: wrong arguments.</returns>
    public static Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    ) => SimulatorProgram.InvokeAsync(CreateCommand(output, error), args, output, error, cancellationToken);

    private static RootCommand CreateCommand(TextWriter output, TextWriter error)
    {
        var scenario = new Option<string?>("--scenario") { Description = "Scenario to run. Default: all." };
        scenario.AcceptOnlyFromAmong([.. DrillScenario.All.Select(one => one.Name)]);
        var json = new Option<bool>("--json") { Description = "Print one JSON array instead of text." };
        var requestTable = new Command("request-table", "Count the requests to Apple that typical changes cause.");
        requestTable.SetAction((_, cancellationToken) => RequestTable.PrintAsync(output, cancellationToken));
        var command = new RootCommand("Break what a hub depends on, one scenario after the other, on virtual time.")
        {
            scenario,
            json,
            requestTable,
        };
        command.SetAction(
            async (result, cancellationToken) =>
            {
                try
                {
                    return await RunAsync(result.GetValue(scenario), result.GetValue(json), output, cancellationToken);
                }
                catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
                {
                    await error.WriteLineAsync("Interrupted. The running scenario has no result.");
                    return Interrupted;
                }
            }
        );
        return command;
    }

    private static async Task<int> RunAsync(
        string? only,
        bool json,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        List<DrillResult> results = [];
        foreach (var scenario in DrillScenario.All.Where(one => only is null || one.Name == only))
        {
            var result = await scenario.RunAsync(cancellationToken);
            results.Add(result);
            if (!json)
            {
                await PrintAsync(result, output);
            }
        }

        if (json)
        {
            await output.WriteLineAsync(DrillResult.ToJson(results));
        }

        return results.TrueForAll(result => result.IsGood) ? 0 : 1;
    }

    private static async Task PrintAsync(DrillResult result, TextWriter output)
    {
        await output.WriteLineAsync($"{result.Scenario}: {result.Title}");
        foreach (var line in result.Timeline)
        {
            await output.WriteLineAsync($"  {line}");
        }

        foreach (var violation in result.Violations)
        {
            await output.WriteLineAsync($"  violation: {violation}");
        }

        var received = result.Received.Select(one =>
            string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value}")
        );
        await output.WriteLineAsync($"  received: {string.Join(", ", received)}");
        await output.WriteLineAsync($"  {(result.IsGood ? "recovered" : "FAILED")}; {result.ResultLine}");
        await output.WriteLineAsync();
    }
}
