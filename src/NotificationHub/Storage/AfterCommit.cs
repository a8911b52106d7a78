namespace NotificationHub.Storage;

/// <summary>Runs what follows a commit.</summary>
internal static class AfterCommit
{
    /// <summary>A fault of <paramref name="act"/>, such as that of a metrics listener, cannot undo the commit and must not look like its failure.</summary>
    public static void Run(Action act)
    {
        try
        {
            act();
        }
#pragma warning disable CA1031 // The caller would write again what is written.
        catch (Exception)
#pragma warning restore CA1031
        {
            // What is lost is a measurement or a log line.
        }
    }
}
