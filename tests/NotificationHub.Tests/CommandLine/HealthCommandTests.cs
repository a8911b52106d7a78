using Microsoft.Extensions.Configuration;
using NotificationHub.CommandLine;
using NotificationHub.Hosting;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.CommandLine;

public sealed class HealthCommandTests
{
    [Fact]
    public async Task The_exit_code_is_0_for_a_healthy_hub_and_1_without_a_response()
    {
        var hub = await HubHost.StartAsync();
        var url = hub.Http.BaseAddress!;

        var live = await CommandRun.RunAsync("health", $"--url={url}", "--json");
        var ready = await CommandRun.RunAsync("health", "--ready", $"--urls=http://0.0.0.0:{url.Port}");
        await hub.DisposeAsync();
        var gone = await CommandRun.RunAsync("health", $"--url={url}");

        live.ExitCode.ShouldBe(ExitCode.Ok, live.Error);
        live.Json.GetProperty("healthy").GetBoolean().ShouldBeTrue();
        live.Json.GetProperty("url").GetString().ShouldBe($"{url}health/live");
        ready.ExitCode.ShouldBe(ExitCode.Ok, ready.Error);
        ready.Output.ShouldBe($"http://127.0.0.1:{url.Port}/health/ready: 200{Environment.NewLine}");
        gone.ExitCode.ShouldBe(ExitCode.Failed);
        gone.Output.ShouldContain("no response");
    }

    [Theory]
    [InlineData("--url=hub")]
    [InlineData("--url=ftp://127.0.0.1")]
    public async Task An_invalid_URL_is_a_usage_error(string url) =>
        (await CommandRun.RunAsync("health", url)).ExitCode.ShouldBe(ExitCode.Usage);

    [Fact]
    public async Task A_port_chosen_by_the_system_must_be_specified()
    {
        var run = await CommandRun.RunAsync("health", "--urls=http://127.0.0.1:0");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("--url");
    }

    [Theory]
    [InlineData("http://localhost:5080/")]
    [InlineData("http://localhost:8080/", "http_ports=8080")]
    [InlineData("http://localhost:8080/", "https_ports=8443", "http_ports=8080;8081")]
    [InlineData("https://localhost:8443/", "https_ports=8443")]
    [InlineData("http://localhost:8000/", "urls=https://hub.example.com:8443;http://+:8000", "http_ports=8080")]
    [InlineData("http://[::1]:8000/", "urls=http://[::]:8000")]
    [InlineData("http://10.0.0.7:8000/", "urls=http://10.0.0.7:8000")]
    [InlineData("http://localhost:9000/", "Kestrel:Endpoints:Http:Url=http://*:9000", "urls=http://+:8000")]
    [InlineData("http://localhost:8081/", "Admin:Urls=http://+:8081", "urls=http://+:8000")]
    public void The_settings_determine_the_default_URL(string expected, params string[] settings) =>
        ListenAddresses
            .FindLocal(
                new ConfigurationBuilder()
                    .AddInMemoryCollection(
                        settings
                            .Select(setting => setting.Split('='))
                            .ToDictionary(pair => pair[0], pair => (string?)pair[1])
                    )
                    .Build()
            )
            .ShouldBe(new Uri(expected));
}
