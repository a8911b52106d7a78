namespace NotificationHub.Storage;

/// <summary>What one stage of this process tells the next ones, so that they look early.</summary>
internal sealed class Signals
{
    public Signal NotificationsAppended { get; } = new();

    public Signal EventsAppended { get; } = new();

    public Signal TargetsRequested { get; } = new();

    public Signal LocationsChanged { get; } = new();

    /// <summary>As much was heard of an operation as it has tasks.</summary>
    public Signal OperationsCounted { get; } = new();
}
