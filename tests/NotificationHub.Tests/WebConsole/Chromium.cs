using Microsoft.Playwright;
using NotificationHub.Tests.WebConsole;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace NotificationHub.Tests.WebConsole;

/// <summary>The system's Chromium or Chrome, started by the first test that needs it and shared by all.</summary>
public sealed class Chromium : IAsyncDisposable
{
    /// <summary>Set to 1 if Chromium must be installed: tests then fail instead of being skipped.</summary>
    public const string RequireVariable = "NOTIFICATIONHUB_REQUIRE_CHROMIUM";

    private static readonly string? Executable = new[] { "/usr/bin/chromium", "/usr/bin/google-chrome" }.FirstOrDefault(
        File.Exists
    );

    private readonly Lazy<Task<(IPlaywright Driver, IBrowser Browser)>> started = new(StartAsync);

    /// <summary>Opens a tab with its own cookies.</summary>
    /// <param name="listener">The hub's listener that serves the console.</param>
    /// <param name="issuer">The only other host that the tab may use.</param>
    public async Task<ConsoleTab> OpenAsync(Uri listener, bool hasScript = true, string? issuer = null)
    {
        if (Executable is null)
        {
            const string Reason = "Chromium is not installed: apt-get install chromium.";
            Assert.SkipWhen(Environment.GetEnvironmentVariable(RequireVariable) != "1", Reason);
            Assert.Fail(Reason);
        }

        var (_, browser) = await started.Value;
        var context = await browser.NewContextAsync(
            new BrowserNewContextOptions { BaseURL = listener.ToString(), JavaScriptEnabled = hasScript }
        );
        return await ConsoleTab.OpenAsync(
            context,
            [listener.Authority, .. issuer is null ? Array.Empty<string>() : [new Uri(issuer).Authority]]
        );
    }

    public async ValueTask DisposeAsync()
    {
        if (started.IsValueCreated)
        {
            var (driver, browser) = await started.Value;
            await browser.DisposeAsync();
            driver.Dispose();
        }
    }

    private static async Task<(IPlaywright, IBrowser)> StartAsync()
    {
        var driver = await Playwright.CreateAsync();
        return (
            driver,
            await driver.Chromium.LaunchAsync(
                new BrowserTypeLaunchOptions { ExecutablePath = Executable, Args = ["--no-sandbox"] }
            )
        );
    }
}
