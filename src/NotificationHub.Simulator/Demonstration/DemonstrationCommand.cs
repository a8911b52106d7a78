namespace NotificationHub.Simulator.Demonstration;

internal static class DemonstrationCommand
{
    private const int UnusableFolder = 2;
    private const int Interrupted = 130;

    /// <returns>The process's exit code: 0 if nothing was lost, duplicated or left over.</returns>
    public static async Task<int> RunAsync(
        DemonstrationOptions options,
        TextWriter output,
        TextWriter error,
        CancellationToken cancellationToken
    )
    {
        using var folder = DemonstrationFolder.Open(options);
        if (folder.Error is { } problem)
        {
            await error.WriteLineAsync(problem);
            return UnusableFolder;
        }

        try
        {
            await using var demonstrator = await Demonstrator.StartAsync(options, folder, cancellationToken);
            using (var view = ProgressView.On(error, options))
            {
                await demonstrator.PlayAsync(view, cancellationToken);
            }

            var summary = await demonstrator.SummarizeAsync(cancellationToken);
            await PrintAsync(options, summary, output);
            if (options.KeepRunning)
            {
                // Standard output contains only the JSON object.
                await (options.Json ? error : output).WriteLineAsync(demonstrator.Describe());
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return summary.ExitCode;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await error.WriteLineAsync("Interrupted. There is no result.");
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
