using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Crash;

/// <summary>The real hub in its own process, which can be killed and paused; disposal kills it.</summary>
internal sealed partial class HubProcess : IAsyncDisposable
{
    private const int KeptLines = 100;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    private readonly Process process;
    private readonly ConcurrentQueue<string> output = new();
    private readonly TaskCompletionSource<Uri> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task exit;
    private Uri? url;

    private HubProcess(ProcessStartInfo start)
    {
        process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => ReadLine(line.Data);
        process.ErrorDataReceived += (_, line) => ReadLine(line.Data);
        process.Start();
        // Read all output: a full pipe would block the hub.
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        exit = WaitForExitAsync();
    }

    public int Id => process.Id;

    public bool HasEnded => exit.IsCompleted;

    /// <summary>The last lines that the process printed.</summary>
    public string Output => string.Join(Environment.NewLine, output);

    /// <param name="folder">The working directory.</param>
    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static HubProcess Start(string folder, params IReadOnlyList<string> settings)
    {
        var start = new ProcessStartInfo(DotnetHost())
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] arguments =
        [
            "exec",
            Path.Combine(AppContext.BaseDirectory, "NotificationHub.dll"),
            "--urls=http://127.0.0.1:0",
            "--environment=Development",
            "--Logging:LogLevel:Default=Warning",
            "--Logging:LogLevel:Microsoft.Hosting.Lifetime=Information",
            .. settings.Select(setting => $"--{setting}"),
        ];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return new HubProcess(start);
    }

    /// <summary>Completes when the hub accepts deliveries; fails if the process exits first.</summary>
    public Task<Uri> StartedAsync() => started.Task.WaitAsync(Timeout);

    /// <summary>Sends SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (!exit.IsCompleted)
        {
            process.Kill();
        }

        await exit.WaitAsync(Timeout);
    }

    /// <summary>Sends SIGTERM, as a container platform does.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> EndAsync()
    {
        ProcessSignal.Send(Id, ProcessSignal.Terminate);
        await exit.WaitAsync(Timeout);
        return process.ExitCode;
    }

    /// <summary>Sends SIGSTOP: the process keeps its locks and connections, and does not notice the time that passes.</summary>
    public void Pause() => ProcessSignal.Send(Id, ProcessSignal.Stop);

    public void Resume() => ProcessSignal.Send(Id, ProcessSignal.Continue);

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        process.Dispose();
    }

    /// <summary>The dotnet command; the test host itself cannot execute another assembly.</summary>
    public static string DotnetHost() =>
        Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";

    private async Task WaitForExitAsync()
    {
        await process.WaitForExitAsync();
        started.TrySetException(new InvalidOperationException($"The hub has ended.{Environment.NewLine}{Output}"));
    }

    private void ReadLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        output.Enqueue(line);
        while (output.Count > KeptLines && output.TryDequeue(out _)) { }
        if (Listening().Match(line) is { Success: true } match)
        {
            url = new Uri(match.Groups["url"].Value);
        }
        else if (url is not null && line.Contains("Application started.", StringComparison.Ordinal))
        {
            started.TrySetResult(url);
        }
    }

    [GeneratedRegex(@"Now listening on: (?<url>http://\S+)", RegexOptions.ExplicitCapture)]
    private static partial Regex Listening();
}
