using Spectre.Console;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>A terminal gets colours and a line that changes; a file or a pipe gets plain text.</summary>
internal static class Screen
{
    // Wide enough for every table: what is redirected has no width of its own.
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
