using System.Globalization;
using NotificationHub.Simulator.Apple;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What a person sees while it runs; nothing at all for a program that reads JSON.</summary>
internal sealed class ProgressView : IDisposable
{
    private readonly IAnsiConsole? console;
    private string shown = "";

    private ProgressView(IAnsiConsole? console) => this.console = console;

    public static ProgressView For(DemonstrationOptions options) =>
        new(
            options.Json
                ? null
                : AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) })
        );

    public void Registered(string locationId, Uri hub) =>
        console?.MarkupLineInterpolated(
            $"Registered location [bold]{locationId}[/] at the simulated Apple: its TEST_NOTIFICATION has come to {hub}"
        );

    public void Show(int notifications, PostCounts posts, HubCounts counts, int requests)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"posts {posts.Answered}/{notifications} | stored {counts.Stored} | routed {counts.Routed} | events published {counts.Published}/{counts.Appended} | to read {counts.TargetsWaiting}/{counts.Targets} | requests to Apple {requests}"
        );
        if (console is null || line == shown)
        {
            return;
        }

        shown = line;
        // A terminal shows one line that changes; a log file gets a line for each change.
        Console.Error.Write(
            console.Profile.Capabilities.Interactive
                ? "\r" + line[..Math.Min(line.Length, console.Profile.Width - 1)].PadRight(console.Profile.Width - 1)
                : line + Environment.NewLine
        );
    }

    public void Dispose()
    {
        if (shown.Length > 0 && console is { Profile.Capabilities.Interactive: true })
        {
            console.WriteLine();
        }
    }
}
