namespace NotificationHub.Storage;

/// <summary>The database cannot be opened; the message tells the operator why, and what to do.</summary>
internal sealed class DatabaseOpenException(string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Whether the configured database is unusable, so that a retry does not help.</summary>
    public bool IsUnusable { get; init; }
}
