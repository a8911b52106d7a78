namespace NotificationHub.Storage;

/// <summary>What one stage of this process tells the next ones, so that they look early.</summary>
internal sealed class Pulses
{
    public Pulse NotificationsAppended { get; } = new();

    public Pulse EventsAppended { get; } = new();

    public Pulse TargetsRequested { get; } = new();

    public Pulse LocationsChanged { get; } = new();

    /// <summary>As much was heard of an operation as it has tasks.</summary>
    public Pulse OperationsCounted { get; } = new();
}
