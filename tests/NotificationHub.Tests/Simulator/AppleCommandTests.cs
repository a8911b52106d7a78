using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using NotificationHub.Simulator;
using NotificationHub.Tests.Simulator.Demonstration;

namespace NotificationHub.Tests.Simulator;

/// <summary>The command <c>apple</c>, which runs the simulated Apple alone.</summary>
public sealed partial class AppleCommandTests
{
    [Fact]
    public async Task It_prints_a_curl_line_that_works_and_stops_on_Ctrl_C()
    {
        using var folder = new TemporaryFolder();
        using var stop = new CancellationTokenSource();
        await using var printed = new AwaitedText("Press Ctrl+C to stop.");

        var running = SimulatorProgram.RunAsync(
            ["apple", "--locations", "2", "--assets", "7", "--users", "9", "--token-folder", folder.Path],
            printed,
            TextWriter.Null,
            stop.Token
        );
        await printed.Found.WaitAsync(TimeSpan.FromSeconds(60));

        var lines = CurlLine().Matches(printed.Text);
        lines.Count.ShouldBe(2);
        using var client = new HttpClient();
        foreach (var line in lines.AsEnumerable())
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, line.Groups["url"].Value);
            request.Headers.Authorization = AuthenticationHeaderValue.Parse(line.Groups["header"].Value);
            using var response = await client.SendAsync(request);
            var configuration = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;

            configuration.GetProperty("assets").GetArrayLength().ShouldBe(7);
            var file = folder.File(configuration.GetProperty("uId").GetString() + ".vpptoken");
            $"Bearer {await File.ReadAllTextAsync(file)}".ShouldBe(line.Groups["header"].Value);
        }

        await stop.CancelAsync();
        (await running).ShouldBe(0);
    }

    [Fact]
    public async Task Read_only_tokens_reject_writes()
    {
        using var stop = new CancellationTokenSource();
        await using var printed = new AwaitedText("Press Ctrl+C to stop.");

        var running = SimulatorProgram.RunAsync(["apple", "--read-only"], printed, TextWriter.Null, stop.Token);
        await printed.Found.WaitAsync(TimeSpan.FromSeconds(60));

        var line = CurlLine().Match(printed.Text);
        var url = line.Groups["url"].Value.Replace("/assets", "/subscriptions/enable", StringComparison.Ordinal);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(line.Groups["header"].Value);
        using var response = await client.SendAsync(request);

        (await response.Content.ReadAsStringAsync()).ShouldContain("9637");
        await stop.CancelAsync();
        (await running).ShouldBe(0);
    }

    [Fact]
    public async Task A_port_in_use_is_reported()
    {
        await using var apple = await NotificationHub.Simulator.Apple.SimulatedApple.StartAsync();

        var run = await ProgramRun.SimulatorAsync("apple", "--port", $"{apple.BaseUrl.Port}");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("The simulated Apple could not start: ");
        run.Error.ShouldContain($"{apple.BaseUrl.Port}");
    }

    [Theory]
    [InlineData("--port", "65536")]
    [InlineData("--locations", "0")]
    [InlineData("--inject-faults", "2")]
    [InlineData("--settle-time", "-1")]
    public async Task An_invalid_option_is_rejected(string option, string value)
    {
        var run = await ProgramRun.SimulatorAsync("apple", option, value);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain($"{option} must be from ");
    }

    [GeneratedRegex("curl '(?<url>[^']+)' -H 'Authorization: (?<header>[^']+)'")]
    private static partial Regex CurlLine();
}
