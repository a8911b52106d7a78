using Azure.Messaging.ServiceBus;
using NotificationHub.Simulator;
using NotificationHub.Tests.Simulator.Demonstration;

namespace NotificationHub.Tests.Simulator;

/// <summary><c>bus</c>: the local Service Bus alone.</summary>
public sealed class BusCommandTests
{
    [Fact]
    public async Task It_prints_a_connection_string_that_the_SDK_can_use_and_ends_when_it_is_stopped()
    {
        using var stop = new CancellationTokenSource();
        await using var printed = new AwaitedText("Press Ctrl+C to stop.");

        var running = SimulatorProgram.RunAsync(["bus"], printed, TextWriter.Null, stop.Token);
        await printed.Found.WaitAsync(TimeSpan.FromSeconds(60));

        printed.Text.ShouldContain("assets: inventory, deployment (sessions)");
        var connection = printed
            .Text.Split(Environment.NewLine)
            .Single(line => line.StartsWith("Endpoint=sb://", StringComparison.Ordinal));
        await using (var client = new ServiceBusClient(connection))
        await using (var sender = client.CreateSender("assets"))
        {
            (await sender.CreateMessageBatchAsync()).MaxSizeInBytes.ShouldBeGreaterThan(0);
        }

        await stop.CancelAsync();
        (await running).ShouldBe(0);
    }

    [Fact]
    public async Task A_file_that_does_not_exist_is_reported()
    {
        var run = await SimulatorRun.OfAsync("bus", "--topics", "missing.json");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The local Service Bus could not start: ");
        run.Error.ShouldContain("missing.json");
    }

    [Fact]
    public async Task A_port_that_does_not_exist_is_refused()
    {
        var run = await SimulatorRun.OfAsync("bus", "--port", "65536");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("--port must lie between 0 and 65535.");
    }
}
