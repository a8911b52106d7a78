using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch;

/// <summary>Whether what was read is what the notifications said.</summary>
internal static class StaleReadDetector
{
    /// <summary>Notifications come up to five minutes after what they tell of: another read may have seen it before they came.</summary>
    private const long NotificationsTrail = 5 * 60 * 1000;

    /// <summary>Looks once: after the re-read what Apple answers is believed.</summary>
    /// <param name="busy">
    /// It was read a while ago and asked for again: what it says may have changed then already, and no further change is looked for.
    /// </param>
    public static async Task<bool> IsThereAsync(WriteTransaction transaction, ClaimedTarget target, bool busy)
    {
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

        var rows = await transaction.QueryAsync<(string Key, long ChangedAt, bool Exists)>(
            """
            select "key", changed_at, case when data is not null then 1 else 0 end
            from snapshot
            where location_id = @LocationId and kind = @KindName and "key" in @Keys
            """,
            new
            {
                target.LocationId,
                target.KindName,
                Keys = expected.Select(one => KeyOf(target, one)).ToHashSet(StringComparer.Ordinal).InList(),
            }
        );
        var known = rows.ToDictionary(row => row.Key, StringComparer.Ordinal);
        return expected.Any(one =>
            known.TryGetValue(KeyOf(target, one), out var row)
                ? !Fits(one, row.Exists, row.ChangedAt, target.FirstRequestedAt)
                : one[0] == '+'
        );
    }

    private static bool Fits(string expected, bool exists, long changedAt, long requestedAt) =>
        expected == TargetExpectations.Changed
            ? changedAt >= requestedAt - NotificationsTrail
            : exists == (expected[0] == '+');

    private static string KeyOf(ClaimedTarget target, string expected) =>
        target.Kind == RecordKind.Assignment ? RecordKeys.Assignment(target.Key, expected[1..])
        : target.Kind == RecordKind.SubscriptionAssignment
            ? RecordKeys.SubscriptionAssignment(target.Key, expected[1..])
        : target.Kind == RecordKind.User ? RecordKeys.User(target.Key)
        : target.Key;
}
