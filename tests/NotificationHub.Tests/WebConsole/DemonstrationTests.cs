using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Simulator.Demonstration;
using NotificationHub.WebConsole;

namespace NotificationHub.Tests.WebConsole;

/// <summary>The console beside a running demonstration.</summary>
public sealed class DemonstrationTests(Chromium chromium)
{
    private static readonly string[] Screenshots = ["Overview", "Notifications", "Events"];

    /// <summary>The folder for the README's screenshots, which <c>tools/screenshots.sh</c> sets.</summary>
    private static readonly string? ScreenshotFolder = Environment.GetEnvironmentVariable("CONSOLE_SCREENSHOTS");

    [Fact]
    public async Task Every_page_of_the_navigation_shows_a_running_demonstration()
    {
        var options = new DemonstrationOptions { Devices = 40, Apps = 5 };
        using var folder = DemonstrationFolder.Open(options);
        await using var demonstrator = await Demonstrator.StartAsync(options, folder, CancellationToken.None);
        await demonstrator.PlayAsync(ProgressView.On(TextWriter.Null, options), CancellationToken.None);
        await demonstrator.Services.GetRequiredService<FlowHistory>().SampleAsync(CancellationToken.None);
        await using var tab = await chromium.OpenAsync(demonstrator.ConsoleUrl);
        await tab.Page.SetViewportSizeAsync(1280, 860);

        foreach (var entry in ConsoleNavigation.Pages)
        {
            (await tab.GotoAsync(entry.Url)).Status.ShouldBe(200, entry.Url);
            tab.Problems.ShouldBeEmpty(entry.Url);
            if (ScreenshotFolder is not null && Screenshots.Contains(entry.Title))
            {
                await tab.Page.ScreenshotAsync(
                    new() { Path = Path.Combine(ScreenshotFolder, $"console-{entry.Title.ToLowerInvariant()}.png") }
                );
            }
        }
    }
}
