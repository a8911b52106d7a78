using System.CommandLine;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Simulator;

/// <summary>Shows the hub doing its job: the real hub between a simulated Apple and a simulated Service Bus, on loopback.</summary>
internal static class SimulatorProgram
{
    private static async Task<int> Main(string[] args)
    {
        var devices = new Option<int>("--devices")
        {
            Description = "Devices that get the apps.",
            DefaultValueFactory = _ => 1000,
        };
        var apps = new Option<int>("--apps")
        {
            Description = "Apps that each device gets.",
            DefaultValueFactory = _ => 25,
        };
        var duplicates = new Option<double>("--duplicates")
        {
            Description = "The share of notifications that Apple delivers twice, 0 to 1.",
            DefaultValueFactory = _ => 0.05,
        };
        var faults = new Option<bool>("--faults") { Description = "Apple and the bus answer 429 or 503 now and then." };
        var data = new Option<DirectoryInfo?>("--data")
        {
            Description = "Where the database is made; a new temporary folder without it.",
        };
        var seed = new Option<int>("--seed")
        {
            Description = "The seed of every random choice.",
            DefaultValueFactory = _ => 1,
        };
        var json = new Option<bool>("--json")
        {
            Description = "Print the result as one JSON object, and nothing else.",
        };
        var keepRunning = new Option<bool>("--keep-running")
        {
            Description = "Leave everything up until Ctrl+C, and say where.",
        };
        RequireRange(devices, 1, 100_000);
        RequireRange(apps, 1, 1_000);
        RequireRange(duplicates, 0, 1);

        var root = new RootCommand(
            "Plays Apple's burst of notifications against the real hub and checks that nothing is lost or doubled."
        )
        {
            devices,
            apps,
            duplicates,
            faults,
            data,
            seed,
            json,
            keepRunning,
        };
        root.SetAction(
            (result, cancellationToken) =>
                Demonstrator.RunAsync(
                    new DemonstrationOptions
                    {
                        Devices = result.GetValue(devices),
                        Apps = result.GetValue(apps),
                        Duplicates = result.GetValue(duplicates),
                        Faults = result.GetValue(faults),
                        DataFolder = result.GetValue(data)?.FullName,
                        Seed = result.GetValue(seed),
                        Json = result.GetValue(json),
                        KeepRunning = result.GetValue(keepRunning),
                    },
                    cancellationToken
                )
        );
        return await root.Parse(args).InvokeAsync();
    }

    private static void RequireRange<T>(Option<T> option, T least, T most)
        where T : IComparable<T> =>
        option.Validators.Add(result =>
        {
            if (
                result.Tokens.Count > 0
                && (
                    result.GetValueOrDefault<T>().CompareTo(least) < 0
                    || result.GetValueOrDefault<T>().CompareTo(most) > 0
                )
            )
            {
                result.AddError($"{option.Name} must lie between {least} and {most}.");
            }
        });
}
