namespace NotificationHub.Storage;

/// <summary>Runs actions after a commit.</summary>
internal static class AfterCommit
{
    /// <summary>Ignores exceptions of <paramref name="act"/>, for example from a metrics listener: the transaction is already committed.</summary>
    public static void Run(Action act)
    {
        try
        {
            act();
        }
#pragma warning disable CA1031 // Otherwise the caller would repeat the write.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Only a measurement or a log line is lost.
        }
    }
}
