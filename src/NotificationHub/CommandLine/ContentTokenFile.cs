using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;

namespace NotificationHub.CommandLine;

/// <summary>The option <c>--token-file</c>. No message repeats the file's content.</summary>
internal static class ContentTokenFile
{
    private const long MaxBytes = 64 * 1024;

    public static Option<FileInfo> CreateOption(bool required) =>
        new("--token-file")
        {
            Description =
                "The content token (.vpptoken), as downloaded from Apple."
                + (required ? "" : " Required unless --receive-only."),
            Required = required,
        };

    /// <returns>The text, null without a file, and whether an error was reported.</returns>
    public static (string? Text, bool HasError) ReadFor(CommandResult command, Option<FileInfo> option)
    {
        if (command.TextOf(option) is not { } path)
        {
            return (null, HasError: false);
        }

        if (TryRead(path, out var text, out var error))
        {
            return (text, HasError: false);
        }

        command.AddError($"{option.Name} {path}: {error}.");
        return (null, HasError: true);
    }

    private static bool TryRead(
        string path,
        [NotNullWhen(true)] out string? text,
        [NotNullWhen(false)] out string? error
    )
    {
        text = null;
        var file = path.Length > 0 ? new FileInfo(path) : null;
        error =
            file is not { Exists: true } ? "the file does not exist"
            : file.Length > MaxBytes ? $"the file is longer than {MaxBytes} bytes, so it is not a content token"
            : null;
        try
        {
            text = error is null ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = "the file cannot be read";
        }

        return text is not null;
    }
}
