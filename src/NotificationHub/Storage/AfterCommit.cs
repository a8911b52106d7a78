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
        // The write is committed: an exception would make the caller repeat it.
        catch (Exception)
        {
            // Only a measurement or a log line is lost.
        }
    }
}
