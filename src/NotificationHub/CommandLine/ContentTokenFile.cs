using System.CommandLine;
using NotificationHub.Apple;

namespace NotificationHub.CommandLine;

internal static class ContentTokenFile
{
    private const long MaxBytes = 64 * 1024;

    public static Option<FileInfo> CreateOption() =>
        new Option<FileInfo>("--token-file")
        {
            Description = "The content token (.vpptoken) as it was downloaded from Apple.",
        }.AcceptExistingOnly();

    /// <exception cref="CommandException">It holds no content token; what it holds is not repeated.</exception>
    public static async Task<ContentToken> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        var fault = $"It is longer than {MaxBytes} bytes.";
        return
            file.Length <= MaxBytes
            && ContentToken.TryParse(
                await File.ReadAllTextAsync(file.FullName, cancellationToken),
                out var token,
                out fault
            )
            ? token
            : throw new CommandException(ExitCode.Failed, $"{file.FullName} is no content token. {fault}");
    }
}
