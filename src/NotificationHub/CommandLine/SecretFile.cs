using System.CommandLine;
using System.CommandLine.Parsing;

namespace NotificationHub.CommandLine;

/// <summary>Options that name a file with a secret, which a command line would show to others. No message repeats the content.</summary>
internal static class SecretFile
{
    private const long MaxBytes = 64 * 1024;
    private const string StandardInput = "-";
    private const string OrStandardInput = " Use a hyphen (-) to read one line from standard input.";

    public static Option<FileInfo> CreateContentTokenOption(bool required) =>
        new("--token-file")
        {
            Description =
                "The content token (.vpptoken), as downloaded from Apple."
                + (required ? "" : " Required unless --receive-only.")
                + OrStandardInput,
            Required = required,
        };

    public static Option<FileInfo> CreateRelaySecretOption() =>
        new("--relay-secret-file")
        {
            Description =
                "A file with the bearer secret that the server at --relay-to expects. Default: no secret."
                + OrStandardInput,
        };

    /// <returns>The text, null without a file, and whether an error was reported.</returns>
    public static (string? Text, bool HasError) ReadFor(
        CommandRunner runner,
        CommandResult command,
        Option<FileInfo> option
    )
    {
        if (command.TextOf(option) is not { } path)
        {
            return (null, HasError: false);
        }

        if (path == StandardInput)
        {
            if (runner.ReadLine() is { Length: > 0 } line)
            {
                return (line, HasError: false);
            }

            command.AddError($"{option.Name} {path}: standard input is empty.");
            return (null, HasError: true);
        }

        string error;
        try
        {
            var file = path.Length > 0 ? new FileInfo(path) : null;
            if (file is { Exists: true, Length: <= MaxBytes })
            {
                return (File.ReadAllText(path), HasError: false);
            }

            error =
                file is { Exists: true } ? $"the file is longer than {MaxBytes} bytes, so it is the wrong one"
                : Directory.Exists(path) ? "it is a folder, not a file"
                : "the file does not exist";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            error = "the file cannot be read";
        }

        command.AddError($"{option.Name} {path}: {error}.");
        return (null, HasError: true);
    }
}
