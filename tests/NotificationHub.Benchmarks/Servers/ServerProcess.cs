using System.Diagnostics;
using System.Globalization;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>A server in a process of its own, so that its memory and its garbage are its own too.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;

    private ServerProcess(Process process, string firstLine)
    {
        this.process = process;
        FirstLine = firstLine;
    }

    /// <summary>What it said when it was ready: where it listens.</summary>
    public string FirstLine { get; }

    /// <summary>The most memory it has had resident, in MiB; Linux only, otherwise what it has now.</summary>
    public double PeakMemoryMiB
    {
        get
        {
            var status = $"/proc/{process.Id}/status";
            if (!File.Exists(status))
            {
                process.Refresh();
                return process.WorkingSet64 / 1024.0 / 1024;
            }

            var line = File.ReadLines(status).Single(line => line.StartsWith("VmHWM", StringComparison.Ordinal));
            return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
                / 1024;
        }
    }

    /// <summary>Of all its threads, in the kernel and out of it.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <param name="place">Where it keeps its logs.</param>
    /// <param name="arguments">The bus it publishes to, and settings.</param>
    public static Task<ServerProcess> StartHubAsync(StorePlace place, params string[] arguments) =>
        StartAsync(place, ["hub", Comparison.Token, .. arguments]);

    public static Task<ServerProcess> StartAsync(params string[] arguments) => StartAsync(place: null, arguments);

    private static async Task<ServerProcess> StartAsync(StorePlace? place, string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        place?.SayIn(start.Environment);
        var process = Process.Start(start)!;
        var line =
            await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"The server '{string.Join(' ', arguments)}' has ended at once.");
        return new ServerProcess(process, line);
    }

    public async Task<string> AskAsync(string question)
    {
        await process.StandardInput.WriteLineAsync(question);
        return await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException("The server has ended.");
    }

    /// <summary>Has it end in good order.</summary>
    public async Task StopAsync()
    {
        process.StandardInput.Close();
        await process.WaitForExitAsync();
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
