using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>Prints a command's result, for people or as one JSON document.</summary>
/// <param name="width">The width of the terminal in columns; null detects it.</param>
internal sealed class CommandOutput(TextWriter output, Stream bytes, bool json, int? width)
{
    private const int WidthWithoutTerminal = 4096;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public bool IsJson => json;

    private bool IsTerminal => width is not null || new AnsiConsoleOutput(output).IsTerminal;

    /// <summary>Writes the bytes unchanged, or safe text to a terminal, which would obey control characters.</summary>
    public async Task WriteBytesAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (IsTerminal)
        {
            await output.WriteLineAsync(
                TerminalText.Clean(Encoding.UTF8.GetString(content.Span).ReplaceLineEndings("\n"))
            );
            return;
        }

        await bytes.WriteAsync(content, cancellationToken);
        await bytes.FlushAsync(cancellationToken);
    }

    public void Write<T>(T document, Action<IAnsiConsole> print)
    {
        if (json)
        {
            output.WriteLine(TerminalText.EscapeJson(JsonSerializer.Serialize(document, Format)));
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (width is not null || !IsTerminal)
        {
            // A program that reads from a pipe expects one row per line.
            console.Profile.Width = width ?? WidthWithoutTerminal;
        }

        print(console);
    }
}
