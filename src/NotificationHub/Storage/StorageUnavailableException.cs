namespace NotificationHub.Storage;

/// <summary>The store could not take a write now: locked, full or broken. Nothing of the write was kept; it may be tried again.</summary>
internal sealed class StorageUnavailableException(string message, Exception? innerException = null)
    : Exception(message, innerException);
