using System.CommandLine;
using System.CommandLine.Parsing;

namespace NotificationHub.CommandLine;

/// <summary>Options that name a file with a secret, which a command line would show to others. No message repeats the content.</summary>
internal static class SecretFile
{
    private const long MaxBytes = 64 * 1024;

    public static Option<FileInfo> CreateContentTokenOption(bool required) =>
        new("--token-file")
        {
            Description =
                "The content token (.vpptoken), as downloaded from Apple."
                + (required ? "" : " Required unless --receive-only."),
            Required = required,
        };

    public static Option<FileInfo> CreateRelaySecretOption() =>
        new("--relay-secret-file")
        {
            Description = "A file with the bearer secret that the server at --relay-to expects.",
        };

    /// <returns>The text, null without a file, and whether an error was reported.</returns>
    public static (string? Text, bool HasError) ReadFor(CommandResult command, Option<FileInfo> option)
    {
        if (command.TextOf(option) is not { } path)
        {
            return (null, HasError: false);
        }

        string error;
        try
        {
            var file = path.Length > 0 ? new FileInfo(path) : null;
            if (file is { Exists: true, Length: <= MaxBytes })
            {
                return (File.ReadAllText(path), HasError: false);
            }

            error = file is { Exists: true }
                ? $"the file is longer than {MaxBytes} bytes, so it is the wrong one"
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
