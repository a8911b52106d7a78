using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.CommandLine;

/// <summary>What one command printed, and what it ended with.</summary>
internal sealed record CommandRun(int ExitCode, string Output, byte[] Bytes, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command in this process, on the database of a running hub.</summary>
    public static Task<CommandRun> OnAsync(HubHost hub, params string[] args) =>
        OnAsync(Path.Combine(hub.Folder, "hub.db"), args);

    public static Task<CommandRun> OnAsync(string database, params string[] args) =>
        RunAsync([.. args, $"--Storage:ConnectionString=Data Source={database}"]);

    public static async Task<CommandRun> RunAsync(params string[] args)
    {
        using var output = new StringWriter();
        using var bytes = new MemoryStream();
        using var error = new StringWriter();
        var exitCode = await HubCommandLine.RunAsync(args, output, bytes, error);
        return new CommandRun(exitCode, output.ToString(), bytes.ToArray(), error.ToString());
    }
}
