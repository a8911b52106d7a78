using NotificationHub.Simulator;

namespace NotificationHub.Tests.Simulator;

/// <summary>The exit code and the output of the simulator or the drill.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    public static Task<ProgramRun> SimulatorAsync(params string[] args) => StartAsync(SimulatorProgram.RunAsync, args);

    public static async Task<ProgramRun> StartAsync(
        Func<string[], TextWriter, TextWriter, CancellationToken, Task<int>> program,
        params string[] args
    )
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        // The demonstration writes its progress from several threads.
        var exitCode = await program(
            args,
            TextWriter.Synchronized(output),
            TextWriter.Synchronized(error),
            CancellationToken.None
        );
        return new ProgramRun(exitCode, output.ToString(), error.ToString());
    }
}
