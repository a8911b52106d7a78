using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Mdm;

namespace NotificationHub.Simulator.Demonstration;

/// <param name="OutOfOrder">Notifications that the MDM accepted after a later one.</param>
/// <param name="Received">Deliveries that the MDM accepted, without the proof of the registration.</param>
internal readonly record struct RelayFindings(Losses Losses, long OutOfOrder, long Received);

/// <summary>Compares what the hub stored with what the MDM received.</summary>
internal static class RelayAudit
{
    /// <param name="sent">Apple's notifications, including the test notifications of Client Config.</param>
    /// <param name="stored">The identities of the notifications in the hub's log, in order.</param>
    /// <param name="accepted">The deliveries that the MDM accepted, in order.</param>
    public static RelayFindings Run(
        IReadOnlyList<DeliveredNotification> sent,
        IReadOnlyList<string> stored,
        IReadOnlyList<MdmDelivery> accepted
    )
    {
        HashSet<string> known = [.. sent.Select(notification => notification.NotificationId)];
        List<string> received =
        [
            .. accepted.Where(delivery => !IsProof(delivery, known)).Select(delivery => delivery.Identity),
        ];
        var positions = stored.Index().ToDictionary(row => row.Item, row => (long)row.Index, StringComparer.Ordinal);
        return new RelayFindings(
            Losses.Between(stored, received),
            Audit.CountDescents(
                received.Distinct(StringComparer.Ordinal).Where(positions.ContainsKey).Select(one => positions[one])
            ),
            received.Count
        );
    }

    // The registration proves the MDM with a test notification that Apple did not send.
    private static bool IsProof(MdmDelivery delivery, HashSet<string> known) =>
        delivery.NotificationType == NotificationTypes.Test && !known.Contains(delivery.NotificationId ?? "");
}
