using System.CommandLine;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;

namespace NotificationHub.Simulator;

/// <summary>Runs the simulated Apple alone, for teams that develop an MDM.</summary>
internal static class AppleCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var port = Number("--port", "Port to listen on; 0 means any free port.", 0, 65_535, 0);
        var any = new Option<bool>("--any-address")
        {
            Description =
                "For containers: listen on all addresses, and accept notification URLs with plain http and any host. "
                + "By default, the simulator listens only on this machine, and accepts plain http only in URLs of this "
                + "machine.",
        };
        var locations = Number("--locations", "Number of libraries, each with its own content token.", 1, 100, 1);
        var assets = Number("--assets", "Number of apps and books of each library.", 0, 10_000, 20);
        var devices = Number("--devices", "Number of devices with assignments.", 0, 1_000_000, 100);
        var users = Number("--users", "Number of users.", 0, 100_000, 50);
        var subscriptions = Number("--subscriptions", "Number of subscriptions.", 0, 1_000, 2);
        var seed = Number("--seed", "Seed of the random number generator.", 0, int.MaxValue, 1);
        var settleTime = Number("--settle-time", "Seconds until an accepted write is processed.", 0.0, 86_400, 2);
        var batchTime = Number("--batch-time", "Seconds between two batches of 100 tasks.", 0.0, 3_600, 0.1);
        var billingPeriod = Number(
            "--billing-period",
            "Seconds after which subscriptions renew or expire; 0 means only when a test requests it.",
            0.0,
            31_536_000,
            0
        );
        var duplicates = Number(
            "--duplicates",
            "Share of notifications that are delivered twice, from 0 to 1.",
            0.0,
            1,
            0
        );
        var faults = Number(
            "--inject-faults",
            "Share of requests that fail at random (429, 500, 503, lost and truncated responses), from 0 to 1.",
            0.0,
            1,
            0
        );
        var readOnly = new Option<bool>("--read-only") { Description = "Make the content tokens read-only." };
        var tokenFolder = new Option<DirectoryInfo?>("--token-folder")
        {
            Description = "Folder to write the content tokens to, one file UID.vpptoken for each library.",
        };
        var command = new Command("apple", "Run a simulated Apple and print its address and content tokens.")
        {
            port,
            any,
            locations,
            assets,
            devices,
            users,
            subscriptions,
            seed,
            settleTime,
            batchTime,
            billingPeriod,
            duplicates,
            faults,
            readOnly,
            tokenFolder,
        };
        command.SetAction(
            (result, cancellationToken) =>
                RunAsync(
                    new AppleRun(
                        new SimulatedAppleOptions
                        {
                            Port = result.GetValue(port),
                            AnyAddress = result.GetValue(any),
                            Seed = result.GetValue(seed),
                            EventDelay = TimeSpan.FromSeconds(result.GetValue(settleTime)),
                            BatchDelay = TimeSpan.FromSeconds(result.GetValue(batchTime)),
                            KeepHistory = false,
                            BillingPeriod = result.GetValue(billingPeriod) is > 0 and var seconds
                                ? TimeSpan.FromSeconds(seconds)
                                : null,
                            Delivery = new SimulatedDeliveryOptions { DuplicateFraction = result.GetValue(duplicates) },
                        },
                        result.GetValue(locations),
                        new SampleSize(
                            result.GetValue(assets),
                            result.GetValue(devices),
                            result.GetValue(users),
                            result.GetValue(subscriptions)
                        ),
                        result.GetValue(faults),
                        result.GetValue(readOnly),
                        result.GetValue(tokenFolder)
                    ),
                    output,
                    error,
                    cancellationToken
                )
        );
        return command;
    }

    private static Option<T> Number<T>(string name, string description, T least, T most, T initial)
        where T : IComparable<T>, IParsable<T>
    {
        var option = new Option<T>(name) { Description = description, DefaultValueFactory = _ => initial };
        SimulatorProgram.RequireRange(option, least, most);
        return option;
    }

    private static async Task<int> RunAsync(
        AppleRun run,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var apple = await SimulatedApple.StartAsync(run.Options, cancellationToken);
            apple.Faults.RandomFraction = run.Faults;
            apple.Faults.RandomFaults = [.. apple.Faults.RandomFaults, Fault.LoseResponse(), Fault.CutOff()];
            await output.WriteLineAsync($"Simulated Apple: {apple.BaseUrl}");
            for (var number = 0; number < run.Locations; number++)
            {
                await output.WriteLineAsync(await AddLocationAsync(apple, run, number, cancellationToken));
            }

            await output.WriteLineAsync(
                $"""

                Change records and inject faults as described at {apple.ControlUrl}
                Records are kept in memory. Press Ctrl+C to stop.
                """
            );
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                await apple.StopAsync();
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"The simulated Apple could not start: {exception.Message}");
        }

        return 1;
    }

    private static async Task<string> AddLocationAsync(
        SimulatedApple apple,
        AppleRun run,
        int number,
        CancellationToken cancellationToken
    )
    {
        var location = apple.AddLocation(locationName: $"Sample Location {number + 1}", country: "US");
        SampleRecords.Fill(location, run.Size);
        location.ContentToken.IsReadOnly = run.IsReadOnly;
        if (run.TokenFolder is { } folder)
        {
            folder.Create();
            var file = Path.Combine(folder.FullName, $"{location.UId}.vpptoken");
            await File.WriteAllTextAsync(file, location.ContentToken.Text, cancellationToken);
        }

        return $"""

            Location {location.UId}, {location.LocationName}. Content token:
            {location.ContentToken.Text}
            curl '{apple.BaseUrl}/assets' -H 'Authorization: Bearer {location.ContentToken.Text}'
            """;
    }

    private sealed record AppleRun(
        SimulatedAppleOptions Options,
        int Locations,
        SampleSize Size,
        double Faults,
        bool IsReadOnly,
        DirectoryInfo? TokenFolder
    );
}
