using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace NotificationHub.CommandLine;

/// <summary>Prints a command's result, for people or as one JSON document.</summary>
/// <param name="output">For text.</param>
/// <param name="bytes">The same place, for what is not to be touched.</param>
/// <param name="json">Whether the one document is wanted.</param>
internal sealed class CommandOutput(TextWriter output, Stream bytes, bool json)
{
    private const int WidthWithoutTerminal = 4096;

    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    public bool IsJson => json;

    public async Task WriteBytesAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await bytes.WriteAsync(content, cancellationToken);
        await bytes.FlushAsync(cancellationToken);
    }

    /// <summary>Prints <paramref name="document"/>, or lets <paramref name="people"/> print what it says.</summary>
    public void Write<T>(T document, Action<IAnsiConsole> people)
    {
        if (json)
        {
            output.WriteLine(JsonSerializer.Serialize(document, Format));
            return;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (!console.Profile.Out.IsTerminal)
        {
            // Whoever reads a pipe wants a row on a line.
            console.Profile.Width = WidthWithoutTerminal;
        }

        people(console);
    }
}
