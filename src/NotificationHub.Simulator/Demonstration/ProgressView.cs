using System.Globalization;
using NotificationHub.Simulator.Apple;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>What a person sees while it runs.</summary>
internal sealed class ProgressView : IDisposable
{
    private readonly TextWriter writer;
    private readonly IAnsiConsole console;
    private string shown = "";

    private ProgressView(TextWriter writer)
    {
        this.writer = writer;
        console = Screen.On(writer);
    }

    /// <summary>Nothing at all for a program that reads JSON.</summary>
    public static ProgressView On(TextWriter writer, DemonstrationOptions options) =>
        new(options.Json ? TextWriter.Null : writer);

    public void Registered(string locationId, Uri hub) =>
        console.MarkupLineInterpolated(
            $"Registered location [bold]{locationId}[/] at the simulated Apple: its TEST_NOTIFICATION has come to {hub}"
        );

    public void Show(PostCounts posts, HubCounts counts, int requests)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"posts answered {posts.Answered}/{posts.Copies} | stored {counts.Stored} | routed {counts.Routed} | events published {counts.Published}/{counts.Appended} | to read {counts.PendingTargets}/{counts.Targets} | requests to Apple {requests}"
        );
        if (line == shown)
        {
            return;
        }

        shown = line;
        // A terminal shows one line that changes; a log file gets a line for each change.
        writer.Write(
            console.Profile.Capabilities.Interactive
                ? "\r" + line[..Math.Min(line.Length, console.Profile.Width - 1)].PadRight(console.Profile.Width - 1)
                : line + Environment.NewLine
        );
    }

    public void Dispose()
    {
        if (shown.Length > 0 && console.Profile.Capabilities.Interactive)
        {
            console.WriteLine();
        }
    }
}
