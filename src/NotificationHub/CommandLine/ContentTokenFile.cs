using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using NotificationHub.Apple;

namespace NotificationHub.CommandLine;

internal static class ContentTokenFile
{
    private const long MaxBytes = 64 * 1024;

    public static Option<FileInfo> CreateOption() =>
        new("--token-file") { Description = "The content token (.vpptoken) as it was downloaded from Apple." };

    /// <summary>Reads what a command was given, to be judged; what it holds is not repeated.</summary>
    /// <returns>The text, null where there is none, and whether the command was told of a fault.</returns>
    public static (string? Text, bool IsTold) ReadFor(CommandResult command, Option<FileInfo> option)
    {
        if (command.TextOf(option) is not { } path)
        {
            return (null, IsTold: false);
        }

        if (TryRead(path, out var text, out var fault))
        {
            return (text, IsTold: false);
        }

        command.AddError($"{option.Name} {path}: {fault}.");
        return (null, IsTold: true);
    }

    /// <exception cref="CommandException">It is not any more what it was when the command line was judged.</exception>
    public static ContentToken Read(FileInfo file) =>
        TryRead(file.FullName, out var text, out var fault) && ContentToken.TryParse(text, out var token, out fault)
            ? token
            : throw new CommandException(ExitCode.Usage, $"--token-file {file.FullName}: {fault}");

    private static bool TryRead(
        string path,
        [NotNullWhen(true)] out string? text,
        [NotNullWhen(false)] out string? fault
    )
    {
        text = null;
        var file = path.Length > 0 ? new FileInfo(path) : null;
        fault =
            file is not { Exists: true } ? "there is no such file"
            : file.Length > MaxBytes ? $"it is longer than {MaxBytes} bytes, so it is no content token"
            : null;
        try
        {
            text = fault is null ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = "it cannot be read";
        }

        return text is not null;
    }
}
