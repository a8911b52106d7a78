using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

/// <summary>Detects reads that contradict the notification, because Apple's servers can lag behind.</summary>
internal static class StaleReadDetector
{
    // Notifications arrive up to five minutes after the change: an earlier read may have returned it already.
    private static readonly TimeSpan MaxNotificationDelay = TimeSpan.FromMinutes(5);

    /// <param name="busy">Whether the target was read recently, so that the change may have been returned already.</param>
    public static async Task<bool> IsStaleAsync(WriteTransaction transaction, ClaimedTarget target, bool busy)
    {
        // The second read is believed.
        if (target.Rereads > 0)
        {
            return false;
        }

        List<string> expected = [.. TargetExpectations.Parse(target.Expects)];
        expected.RemoveAll(one => busy && one == TargetExpectations.Changed);
        if (expected.Count == 0)
        {
            return false;
        }

        var rows = await transaction.QueryAsync<(string Key, DateTimeOffset ChangedAt, bool Exists)>(
            """
            select "key", changed_at, case when data is not null then 1 else 0 end
            from snapshot
            where location_id = @LocationId and kind = @KindName and "key" in @Keys
            """,
            new
            {
                target.LocationId,
                target.KindName,
                Keys = expected.Select(one => GetKey(target, one)).ToHashSet(StringComparer.Ordinal).InList(),
            }
        );
        var known = rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        return expected.Any(one =>
            known.TryGetValue(GetKey(target, one), out var row)
                ? !Matches(one, row.Exists, row.ChangedAt, target.FirstRequestedAt)
                : one[0] == '+'
        );
    }

    private static bool Matches(string expected, bool exists, DateTimeOffset changedAt, DateTimeOffset requestedAt) =>
        expected == TargetExpectations.Changed
            ? changedAt >= requestedAt - MaxNotificationDelay
            : exists == (expected[0] == '+');

    private static string GetKey(ClaimedTarget target, string expected) =>
        target.Kind == RecordKind.Assignment ? RecordKeys.Assignment(target.Key, expected[1..])
        : target.Kind == RecordKind.SubscriptionAssignment
            ? RecordKeys.SubscriptionAssignment(target.Key, expected[1..])
        : target.Kind == RecordKind.User ? RecordKeys.User(target.Key)
        : target.Key;
}
