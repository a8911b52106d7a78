using System.Text.Json.Nodes;
using Azure.Messaging.ServiceBus;
using NotificationHub.Simulator;
using NotificationHub.Tests.Simulator.Demonstration;

namespace NotificationHub.Tests.Simulator;

/// <summary>The command <c>bus</c>, which runs the local Service Bus alone.</summary>
public sealed class BusCommandTests
{
    [Fact]
    public async Task It_prints_a_connection_string_that_the_SDK_can_use_and_stops_on_Ctrl_C()
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
    public async Task A_missing_file_is_reported()
    {
        var run = await ProgramRun.SimulatorAsync("bus", "--topics", "missing.json");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The local Service Bus could not start: ");
        run.Error.ShouldContain("missing.json");
    }

    [Theory]
    [InlineData("lockDuration", "\"1 minute\"")]
    [InlineData("duplicateDetectionWindow", "\"00:10:00\"")]
    [InlineData("defaultMessageTimeToLive", "\"-P14D\"")]
    [InlineData("lockDuration", "\"P99999999999D\"")]
    public async Task An_invalid_duration_is_reported_with_its_file_and_member(string member, string value)
    {
        using var folder = new TemporaryFolder();
        var (file, run) = await RunAsync(folder, member, value);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain(
            $"could not start: {file}: {member} must be a positive duration in ISO 8601, such as PT1M or P14D"
        );
    }

    [Fact]
    public async Task A_null_member_is_reported()
    {
        using var folder = new TemporaryFolder();
        var (file, run) = await RunAsync(folder, "topics", "null");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"could not start: {file}: ");
        run.Error.ShouldContain("topics", Case.Insensitive);
    }

    [Theory]
    [InlineData("topics", "[null]")]
    [InlineData("topics", """[{ "name": "assets", "subscriptions": [null] }]""")]
    [InlineData("rules", """{ "all": null }""")]
    [InlineData("rules", """{ "all": { "correlation": { "audience": null } } }""")]
    [InlineData("topics", """[{ "name": "t", "subscriptions": [{ "name": "s", "rules": { "all": null } }] }]""")]
    public async Task A_null_in_a_collection_is_reported(string member, string value)
    {
        using var folder = new TemporaryFolder();
        var (file, run) = await RunAsync(folder, member, value);

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"could not start: {file}: topics, subscriptions and rules must not contain null.");
    }

    [Theory]
    [InlineData("{}", "The rule 'all' must have either sql or correlation, and not be empty.")]
    [InlineData("""{ "correlation": {} }""", "The rule 'all' must have either sql or correlation, and not be empty.")]
    [InlineData(
        """{ "sql": "a = 'b'", "correlation": { "a": "b" } }""",
        "The rule 'all' must have either sql or correlation, and not be empty."
    )]
    [InlineData("""{ "sql": "a = " }""", "The rule 'all': not supported: the SQL filter 'a = ' (unexpected end).")]
    public async Task An_invalid_rule_of_a_subscription_is_reported(string rule, string error)
    {
        using var folder = new TemporaryFolder();
        var (file, run) = await RunAsync(
            folder,
            "topics",
            $$"""[{ "name": "t", "subscriptions": [{ "name": "s", "rules": { "all": {{rule}} } }] }]"""
        );

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"could not start: {file}: {error}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_maximum_delivery_count_below_1_is_reported(int count)
    {
        using var folder = new TemporaryFolder();
        var (file, run) = await RunAsync(folder, "maxDeliveryCount", $"{count}");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain($"could not start: {file}: maxDeliveryCount must be at least 1, and not {count}.");
    }

    [Fact]
    public async Task An_invalid_port_is_rejected()
    {
        var run = await ProgramRun.SimulatorAsync("bus", "--port", "65536");

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("--port must be from 0 to 65535.");
    }

    private static async Task<(string File, ProgramRun Run)> RunAsync(
        TemporaryFolder folder,
        string member,
        string value
    )
    {
        var topology = new JsonObject
        {
            ["topics"] = new JsonArray(),
            ["rules"] = new JsonObject(),
            ["duplicateDetectionWindow"] = "P1D",
            ["lockDuration"] = "PT1M",
            ["maxDeliveryCount"] = 10,
            ["defaultMessageTimeToLive"] = "P14D",
            ["deadLetteringOnMessageExpiration"] = true,
            [member] = JsonNode.Parse(value),
        };
        var file = folder.File("topics.json");
        await File.WriteAllTextAsync(file, topology.ToJsonString());
        return (file, await ProgramRun.SimulatorAsync("bus", "--topics", file));
    }
}
