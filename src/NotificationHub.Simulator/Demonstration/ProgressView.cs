using System.Globalization;
using NotificationHub.Simulator.Apple;
using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

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

    /// <summary>Creates a view that writes nothing if the output is JSON.</summary>
    public static ProgressView On(TextWriter writer, DemonstrationOptions options) =>
        new(options.Json ? TextWriter.Null : writer);

    public void Registered(string locationId, Uri hub) =>
        console.MarkupLineInterpolated(
            $"Registered location [bold]{locationId}[/] at the simulated Apple; {hub} received its TEST_NOTIFICATION"
        );

    public void Show(DeliveryCounts deliveries, HubCounts counts, int requests)
    {
        var line = string.Create(
            CultureInfo.InvariantCulture,
            $"delivered {deliveries.Answered}/{deliveries.Copies} | stored {counts.Stored} | routed {counts.Routed} | events published {counts.Published}/{counts.Appended} | refetch targets pending {counts.PendingTargets}/{counts.Targets} | requests to Apple {requests}"
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

/// <summary>Colors and live updates for a terminal, plain text for a file or a pipe.</summary>
internal static class Screen
{
    // Redirected output has no width; this is wide enough for every table.
    private const int PlainWidth = 140;

    public static IAnsiConsole On(TextWriter writer)
    {
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal)
        {
            return AnsiConsole.Create(new AnsiConsoleSettings { Out = output });
        }

        var plain = AnsiConsole.Create(
            new AnsiConsoleSettings
            {
                Out = output,
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
            }
        );
        plain.Profile.Width = PlainWidth;
        return plain;
    }
}
