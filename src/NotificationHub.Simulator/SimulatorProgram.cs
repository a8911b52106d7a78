using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Globalization;
using NotificationHub.Simulator.Demonstration;

namespace NotificationHub.Simulator;

/// <summary>Runs the real hub between a simulated Apple and a local Service Bus, on loopback.</summary>
internal static class SimulatorProgram
{
    private const int UsageError = 2;
    private const int HelpWidth = 100;

    // The time for the hub and both simulators to stop after Ctrl+C.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(30);

    private static Task<int> Main(string[] args) => RunAsync(args, Console.Out, Console.Error, CancellationToken.None);

    /// <returns>0: all events arrived; 1: events are missing or wrong; 2: wrong arguments.</returns>
    public static Task<int> RunAsync(
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    ) => InvokeAsync(CreateCommand(output, error), args, output, error, cancellationToken);

    internal static async Task<int> InvokeAsync(
        RootCommand command,
        string[] args,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        var result = command.Parse(args);
        if (result.Action is ParseErrorAction)
        {
            foreach (var parseError in result.Errors)
            {
                await error.WriteLineAsync(parseError.Message);
            }

            await error.WriteLineAsync("Use --help to list the options.");
            return UsageError;
        }

        return await result.InvokeAsync(
            new InvocationConfiguration
            {
                Output = output,
                Error = error,
                ProcessTerminationTimeout = StopTimeout,
            },
            cancellationToken
        );
    }

    private static RootCommand CreateCommand(TextWriter output, TextWriter error)
    {
        var devices = new Option<int>("--devices")
        {
            Description = "Number of devices.",
            DefaultValueFactory = _ => 1000,
        };
        var apps = new Option<int>("--apps")
        {
            Description = "Number of apps to assign to each device.",
            DefaultValueFactory = _ => 25,
        };
        var duplicates = new Option<double>("--duplicates")
        {
            Description = "Share of notifications that Apple delivers twice, from 0 to 1.",
            DefaultValueFactory = _ => 0.05,
        };
        var faults = new Option<bool>("--inject-faults")
        {
            Description = "Make Apple return errors, and make Service Bus throttle, fail and drop connections.",
        };
        var relay = new Option<bool>("--relay")
        {
            Description = "Put the hub in front of a simulated MDM, and check that the MDM receives everything.",
        };
        var data = new Option<DirectoryInfo?>("--data")
        {
            Description = "Folder for the database. Default: a new temporary folder.",
        };
        var seed = new Option<int>("--seed")
        {
            Description = "Seed of the random number generator.",
            DefaultValueFactory = _ => 1,
        };
        var json = new Option<bool>("--json") { Description = "Print one JSON document and nothing else." };
        var keepRunning = new Option<bool>("--keep-running")
        {
            Description = "Print the addresses and keep running until Ctrl+C.",
        };
        RequireRange(devices, 1, 100_000);
        RequireRange(apps, 1, 1_000);
        RequireRange(duplicates, 0, 1);

        var root = new RootCommand(
            "Run the real hub between a simulated Apple and a local Service Bus, assign apps to devices, and check that "
                + "no event is lost or duplicated."
        )
        {
            devices,
            apps,
            duplicates,
            faults,
            relay,
            data,
            seed,
            json,
            keepRunning,
            AppleCommand.Create(output, error),
            BusCommand.Create(output, error),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new HelpAction { MaxWidth = HelpWidth };
        }

        root.SetAction(
            (result, cancellationToken) =>
                DemonstrationCommand.RunAsync(
                    new DemonstrationOptions
                    {
                        Devices = result.GetValue(devices),
                        Apps = result.GetValue(apps),
                        Duplicates = result.GetValue(duplicates),
                        Faults = result.GetValue(faults),
                        Relay = result.GetValue(relay),
                        DataFolder = result.GetValue(data)?.FullName,
                        Seed = result.GetValue(seed),
                        Json = result.GetValue(json),
                        KeepRunning = result.GetValue(keepRunning),
                    },
                    output,
                    error,
                    cancellationToken
                )
        );
        return root;
    }

    internal static void RequireRange<T>(Option<T> option, T least, T most)
        where T : IComparable<T>, IParsable<T> =>
        option.Validators.Add(result =>
        {
            // System.CommandLine reports a value that is not a number.
            if (
                result.Tokens is [var token]
                && T.TryParse(token.Value, CultureInfo.InvariantCulture, out var value)
                && (value.CompareTo(least) < 0 || value.CompareTo(most) > 0)
            )
            {
                result.AddError($"{option.Name} must be from {least} to {most}.");
            }
        });
}
