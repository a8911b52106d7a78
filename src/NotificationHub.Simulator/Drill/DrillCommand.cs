using System.CommandLine;
using System.Globalization;

namespace NotificationHub.Simulator.Drill;

/// <summary><c>drill</c>: breaks what the hub depends on, one thing after the other, and shows what is seen of it and how it is over.</summary>
internal static class DrillCommand
{
    private const int Interrupted = 130;

    public static Command Create(TextWriter output, TextWriter error)
    {
        var scenario = new Option<string?>("--scenario") { Description = "What is to break; everything without it." };
        scenario.AcceptOnlyFromAmong([.. DrillScenario.All.Select(one => one.Name)]);
        var json = new Option<bool>("--json")
        {
            Description = "Print the results as one JSON array, and nothing else.",
        };
        var command = new Command(
            "drill",
            "Breaks the bus, Apple, a content token, the database and the disk under the real hub, on virtual time, and checks that nothing is lost."
        )
        {
            scenario,
            json,
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
                    await error.WriteLineAsync("Interrupted: there is no verdict.");
                    return Interrupted;
                }
            }
        );
        return command;
    }

    /// <returns>0 where all recovered without a loss, 1 where not.</returns>
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
            await output.WriteLineAsync($"  refused: {violation}");
        }

        var received = result.Received.Select(one =>
            string.Create(CultureInfo.InvariantCulture, $"{one.Key} {one.Value}")
        );
        await output.WriteLineAsync($"  received: {string.Join(", ", received)}");
        await output.WriteLineAsync($"  {(result.IsGood ? "recovered" : "FAILED")}; {result.Verdict}");
        await output.WriteLineAsync();
    }
}
