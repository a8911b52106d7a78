using NotificationHub.Simulator;

namespace NotificationHub.Tests.Simulator.Demonstration;

/// <summary>What the simulator's command printed and returned.</summary>
internal sealed record SimulatorRun(int ExitCode, string Output, string Error)
{
    public static async Task<SimulatorRun> OfAsync(params string[] args)
    {
        await using var output = new StringWriter();
        await using var error = new StringWriter();
        // The demonstration writes its progress from whichever thread it is on.
        var exitCode = await SimulatorProgram.RunAsync(
            args,
            TextWriter.Synchronized(output),
            TextWriter.Synchronized(error),
            CancellationToken.None
        );
        return new SimulatorRun(exitCode, output.ToString(), error.ToString());
    }
}
