using System.Text.Json;
using NotificationHub.CommandLine;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.CommandLine;

/// <summary>What one command printed, and what it ended with.</summary>
internal sealed record CommandRun(int ExitCode, string Output, byte[] Bytes, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    /// <summary>Runs a command in this process, on the database of a running hub.</summary>
    public static Task<CommandRun> OnAsync(TestHub hub, params string[] args) => OnAsync(hub.Store, args);

    public static Task<CommandRun> OnAsync(TestStore store, params string[] args) =>
        RunAsync([.. args, .. store.Settings.Select(setting => $"--{setting}")]);

    public static Task<CommandRun> OnAsync(string database, params string[] args) =>
        OnAsync(TestStore.OnSqlite(database), args);

    public static Task<CommandRun> RunAsync(params string[] args) => RunAsync(width: null, args);

    /// <param name="width">Columns of the terminal; null: the output is a pipe.</param>
    /// <param name="args">The command line.</param>
    public static async Task<CommandRun> RunAsync(int? width, string[] args)
    {
        using var output = new StringWriter();
        using var bytes = new MemoryStream();
        using var error = new StringWriter();
        var exitCode = await HubCommandLine.RunAsync(args, output, bytes, error, width);
        return new CommandRun(exitCode, output.ToString(), bytes.ToArray(), error.ToString());
    }
}
