using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>What becomes of a notification.</summary>
/// <param name="Events">What is told to subscribers.</param>
/// <param name="Targets">What is read from Apple again.</param>
/// <param name="Disposition">How the notification is noted in its log.</param>
/// <param name="Faults">What does not fit; empty where all does.</param>
internal sealed record RoutedNotification(
    IReadOnlyList<NewEvent> Events,
    IReadOnlyList<MergedRequest> Targets,
    Disposition Disposition,
    IReadOnlyList<string> Faults
)
{
    /// <summary>What it says of the operation that caused it; null where it names none.</summary>
    public OperationProgress? Heard { get; init; }

    /// <summary>The faults as the log keeps them.</summary>
    public string? Fault => Faults.Count == 0 ? null : string.Join("; ", Faults);
}

/// <summary>What routing must know of a notification's location.</summary>
/// <param name="UId">Apple's id of it; null while none is bound.</param>
/// <param name="Refetches">Whether Apple can be asked: there is a content token.</param>
internal sealed record RoutedLocation(string? UId, bool Refetches)
{
    public static RoutedLocation Unknown { get; } = new(UId: null, Refetches: false);
}
