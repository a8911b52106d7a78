namespace NotificationHub.Simulator.Demonstration;

/// <summary>The demonstration as a person or a program starts it: what is printed where, and the exit code.</summary>
internal static class DemonstrationCommand
{
    private const int UnusableFolder = 2;
    private const int Interrupted = 130;

    /// <returns>The process's exit code: 0 if nothing was lost, doubled or left over.</returns>
    public static async Task<int> RunAsync(
        DemonstrationOptions options,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        using var folder = DemonstrationFolder.Open(options);
        if (folder.Fault is { } fault)
        {
            await error.WriteLineAsync(fault);
            return UnusableFolder;
        }

        try
        {
            await using var demonstrator = await Demonstrator.StartAsync(options, folder, cancellationToken);
            using (var view = ProgressView.On(error, options))
            {
                await demonstrator.PlayAsync(view, cancellationToken);
            }

            var summary = await demonstrator.SummariseAsync(cancellationToken);
            await PrintAsync(options, summary, output);
            if (options.KeepRunning)
            {
                // The JSON object stays alone on the output.
                await (options.Json ? error : output).WriteLineAsync(demonstrator.Describe());
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return summary.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Interrupted: there is no verdict.");
            return Interrupted;
        }
    }

    private static async Task PrintAsync(DemonstrationOptions options, Summary summary, TextWriter output)
    {
        if (options.Json)
        {
            await output.WriteLineAsync(summary.ToJson());
        }
        else
        {
            SummaryTable.Write(Screen.On(output), summary);
        }
    }
}
