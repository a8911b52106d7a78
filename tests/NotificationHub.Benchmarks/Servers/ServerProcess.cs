using System.Diagnostics;
using System.Globalization;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>A server in a separate process, with its own memory and garbage collection.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process process;

    private ServerProcess(Process process, string firstLine)
    {
        this.process = process;
        FirstLine = firstLine;
    }

    /// <summary>The line that the server printed when it was ready: its address.</summary>
    public string FirstLine { get; }

    /// <summary>Peak resident memory in MiB on Linux; current memory elsewhere.</summary>
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

    /// <summary>CPU time of all threads, in user and kernel mode.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Bytes that the file system received on Linux; 0 elsewhere.</summary>
    public long WrittenBytes
    {
        get
        {
            var counters = $"/proc/{process.Id}/io";
            return File.Exists(counters)
                ? long.Parse(
                    File.ReadLines(counters).Single(line => line.StartsWith("write_bytes", StringComparison.Ordinal))[
                        "write_bytes: ".Length..
                    ],
                    CultureInfo.InvariantCulture
                )
                : 0;
        }
    }

    public async Task<long> ReadAllocatedBytesAsync() =>
        long.Parse(await AskAsync("allocated"), CultureInfo.InvariantCulture);

    /// <param name="store">The hub's database.</param>
    /// <param name="arguments">The hub's bus and settings.</param>
    public static Task<ServerProcess> StartHubAsync(StoreSettings store, params string[] arguments) =>
        StartAsync(store, ["hub", Comparison.Token, .. arguments]);

    public static Task<ServerProcess> StartAsync(params string[] arguments) => StartAsync(store: null, arguments);

    public static async Task<ServerProcess> StartAsync(StoreSettings? store, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["serve", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        store?.AddTo(start.Environment);
        var process = Process.Start(start)!;
        var line =
            await process.StandardOutput.ReadLineAsync()
            ?? throw new InvalidOperationException($"The server '{string.Join(' ', arguments)}' ended at once.");
        return new ServerProcess(process, line);
    }

    public async Task<string> AskAsync(string question)
    {
        await process.StandardInput.WriteLineAsync(question);
        return await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The server ended.");
    }

    /// <summary>Stops the server gracefully.</summary>
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
