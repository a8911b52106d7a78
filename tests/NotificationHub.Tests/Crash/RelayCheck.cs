using NotificationHub.Simulator.Mdm;

namespace NotificationHub.Tests.Crash;

/// <summary>Compares what an MDM received from the hubs with the notification log, once nothing is pending.</summary>
internal sealed class RelayCheck(HubDatabase database, SimulatedMdm mdm)
{
    /// <param name="locationId">The location whose notifications the MDM receives.</param>
    /// <param name="owners">How many owners the stage may have had.</param>
    /// <returns>A summary.</returns>
    public async Task<string> ShouldBeCompleteAsync(string locationId, int owners)
    {
        mdm.Unauthorized.ShouldBe(0);
        // The registration proved the MDM with a test notification that Apple did not send.
        var received = mdm.Accepted.Skip(1).Select(delivery => delivery.Identity).ToList();
        var log = await database.NotificationsAsync(locationId);
        received.Distinct(StringComparer.Ordinal).ShouldBe(log, "the first receipts are the log, in its order");

        var positions = log.Index().ToDictionary(row => row.Item, row => row.Index, StringComparer.Ordinal);
        var returns = received
            .Zip(received.Skip(1), (before, after) => positions[after] < positions[before])
            .Count(isEarlier => isEarlier);
        // A new owner begins with what the previous one had not yet recorded. That one may have had a request under way.
        returns.ShouldBeLessThanOrEqualTo(2 * owners);
        return $"{log.Count} notifications in {received.Count} deliveries, {returns} steps back, {owners} owners";
    }
}
