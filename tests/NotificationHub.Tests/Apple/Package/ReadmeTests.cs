using System.Diagnostics.Metrics;
using NotificationHub.Apple;
using NotificationHub.Simulator.Apple;
using NotificationHub.Tests.Apple.Telemetry;

namespace NotificationHub.Tests.Apple.Package;

/// <summary>The examples of the library's README run against the simulated Apple.</summary>
public sealed class ReadmeTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private SimulatedApple apple = null!;
    private SimulatedLocation location = null!;

    private string TokenFile => Path.Combine(folder.Path, "location.vpptoken");

    private string[] Settings =>
        [
            $"--Token={TokenFile}",
            $"--Apple:BaseUrl={apple.BaseUrl}",
            "--Apple:EventPollInterval=00:00:00.01",
            "--Logging:LogLevel:Default=None",
        ];

    public async ValueTask InitializeAsync()
    {
        apple = await SimulatedApple.StartAsync(new SimulatedAppleOptions());
        location = apple.AddLocation();
        await File.WriteAllTextAsync(TokenFile, location.ContentTokenFile);
    }

    public async ValueTask DisposeAsync()
    {
        await apple.DisposeAsync();
        folder.Dispose();
    }

    [Fact]
    public void There_are_three_examples() => ReadmeExample.All.Count.ShouldBe(3);

    [Fact]
    public async Task The_first_example_lists_the_assets()
    {
        location.AddAsset("361285480", total: 7);
        await location.AssociateAsync(["361285480"], ["S1", "S2"]);

        var output = await ReadmeExample.RunAsync(ReadmeExample.All[0], Settings);

        output.ShouldBe("App 361285480: 5 of 7 licenses available\n");
        apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_second_example_assigns_an_app()
    {
        location.AddAsset("361285480", total: 7);

        var output = await ReadmeExample.RunAsync(ReadmeExample.All[1], Settings);

        output.ShouldBe("Assigned.\n");
        apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_second_example_prints_failures()
    {
        location.AddAsset("361285480", total: 1);

        var output = await ReadmeExample.RunAsync(ReadmeExample.All[1], Settings);

        output.ShouldEndWith("Not all assigned.\n");
        output.ShouldContain("9709");
    }

    [Fact]
    public async Task The_third_example_reads_users()
    {
        location.AddUser("u1");
        location.AddUser("u2");

        var output = await ReadmeExample.RunAsync(ReadmeExample.All[2], TokenFile, apple.BaseUrl.ToString());

        output.ShouldStartWith("2 users\n");
        apple.Violations.ShouldBeEmpty();
    }

    [Fact]
    public void The_table_lists_every_instrument_with_kind_and_unit()
    {
        using var seen = new RecordedTelemetry();
        List<string> instruments = [];
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == seen.Meters)
            {
                instruments.Add($"| `{instrument.Name}` | {KindOf(instrument)} | `{instrument.Unit}` |");
            }
        };
        listener.Start();
        using var http = new HttpClient();
        using var client = new AppleClient(http, new AppleClientOptions(), TimeProvider.System, seen.Meters);

        var rows = ClientSource
            .Readme.Split('\n')
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => string.Join(" | ", line.Split(" | ")[..3]) + " |");

        rows.ShouldBe(instruments, ignoreOrder: true);
    }

    private static string KindOf(Instrument instrument) =>
        instrument is Histogram<double> ? "histogram" : instrument.GetType().Name;
}
