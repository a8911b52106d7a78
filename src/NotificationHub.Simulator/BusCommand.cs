using System.CommandLine;
using System.Net;
using System.Text.Json;
using NotificationHub.LocalBus;

namespace NotificationHub.Simulator;

/// <summary>Runs the local Service Bus alone, for teams that develop consumers.</summary>
internal static class BusCommand
{
    public static Command Create(TextWriter output, TextWriter error)
    {
        var port = new Option<int>("--port")
        {
            Description = "Port to listen on; 0 means any free port.",
            DefaultValueFactory = _ => 0,
        };
        var topology = new Option<FileInfo?>("--topics")
        {
            Description =
                "File with topics, subscriptions and rules, like infra/bicep/topics.json. Default: the hub's topics.",
        };
        var any = new Option<bool>("--any-address")
        {
            Description = "Listen on all addresses, for containers. Default: only this machine.",
        };
        SimulatorProgram.RequireRange(port, 0, 65_535);
        var command = new Command("bus", "Run a local Service Bus and print its connection string.")
        {
            port,
            topology,
            any,
        };
        command.SetAction(
            (result, cancellationToken) =>
                RunAsync(
                    result.GetValue(port),
                    result.GetValue(topology),
                    result.GetValue(any),
                    output,
                    error,
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(
        int port,
        FileInfo? file,
        bool isPublic,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using var bus = await LocalServiceBus.StartAsync(
                new LocalServiceBusOptions
                {
                    Port = port,
                    Address = isPublic ? IPAddress.Any : IPAddress.Loopback,
                    Topology = file is null
                        ? null
                        : Topology.Parse(await File.ReadAllTextAsync(file.FullName, cancellationToken)),
                    KeepHistory = false,
                },
                cancellationToken
            );
            foreach (var topic in bus.Topics)
            {
                var subscriptions = topic.Subscriptions.Select(subscription =>
                    subscription.RequiresSession ? $"{subscription.Name} (sessions)" : subscription.Name
                );
                await output.WriteLineAsync($"{topic.Name}: {string.Join(", ", subscriptions)}");
            }

            await output.WriteLineAsync($"{Environment.NewLine}{bus.ConnectionString}");
            await output.WriteLineAsync($"{Environment.NewLine}Messages are kept in memory. Press Ctrl+C to stop.");
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            var place = exception is JsonException && file is not null ? $"{file.FullName}: " : "";
            await error.WriteLineAsync($"The local Service Bus could not start: {place}{exception.Message}");
        }

        return 1;
    }
}
