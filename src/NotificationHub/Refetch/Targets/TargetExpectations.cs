using System.Text.Json;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>What notifications say about a target, by which a stale read is detected.</summary>
// A JSON array: "+serial:S" and "-user:U" for a holder with or without an assignment, "+" and "-" for an active or retired
// user, "~" for a record that has changed.
internal static class TargetExpectations
{
    public const string Changed = "~";

    // In a burst, the latest expectations are the ones that a stale read contradicts.
    private const int MaxExpectations = 8;

    public static string Present(string name = "") => $"+{name}";

    public static string Absent(string name = "") => $"-{name}";

    /// <summary>The expectation about the counts after an operation; a failed one need not change them.</summary>
    public static string? ForResult(string result) => result == "SUCCESS" ? Changed : null;

    public static string? Merge(string? known, IEnumerable<MergedRequest> requests)
    {
        List<string> merged = [.. Parse(known)];
        foreach (var expected in requests.Select(request => request.Expects).OfType<string>())
        {
            Add(merged, expected);
        }

        return merged.Count == 0 ? null : JsonSerializer.Serialize(merged);
    }

    /// <summary>Adds the expectation of a later notification, which replaces an earlier one about the same holder.</summary>
    public static void Add(List<string> known, string expected)
    {
        // Routing calls this for nearly every target, so it creates neither a delegate nor a part of a string.
        for (var index = known.Count - 1; index >= 0; index--)
        {
            if (known[index].AsSpan(1).SequenceEqual(expected.AsSpan(1)))
            {
                known.RemoveAt(index);
            }
        }

        known.Add(expected);
        if (known.Count > MaxExpectations)
        {
            known.RemoveAt(0);
        }
    }

    public static IReadOnlyList<string> Parse(string? expects) =>
        expects is null ? [] : JsonSerializer.Deserialize<string[]>(expects) ?? [];
}

/// <summary>The holders that a target for assignments names: a JSON array of <c>serial:S</c> and <c>user:U</c>, null for all.</summary>
internal static class TargetHolders
{
    public const string None = "[]";

    public static string? Merge(string? known, IEnumerable<MergedRequest> requests)
    {
        if (known is null)
        {
            return null;
        }

        HashSet<string> holders = new(Parse(known), StringComparer.Ordinal);
        foreach (var request in requests)
        {
            if (request.Holder is null || (holders.Add(request.Holder) && holders.Count > RefetchTargets.MaxHolders))
            {
                return null;
            }
        }

        return Serialize(holders.Order(StringComparer.Ordinal));
    }

    /// <summary>The holders for the read after a stale one: of the target, and of earlier notifications.</summary>
    public static string? ForSecondRead(StoredTarget target) =>
        target is { Holders: { } holders } && target.Kind == RecordKind.Assignment
            ? Serialize(
                TargetExpectations
                    .Parse(target.Expects)
                    .Where(expected => expected.Length > 1)
                    .Select(expected => expected[1..])
                    .Union(Parse(holders), StringComparer.Ordinal)
            )
            : target.Holders;

    public static string Serialize(IEnumerable<string> holders) => JsonSerializer.Serialize(holders);

    public static IReadOnlyList<string> Parse(string? holders) =>
        holders is null ? [] : JsonSerializer.Deserialize<string[]>(holders) ?? [];

    public static bool TryParse(string? stored, out IReadOnlyList<string> holders)
    {
        try
        {
            holders = Parse(stored);
            return true;
        }
        catch (JsonException)
        {
            holders = [];
            return false;
        }
    }
}

/// <summary>Detects reads that contradict the notification, because Apple's servers can lag behind.</summary>
internal static class StaleReadDetector
{
    // Notifications arrive up to five minutes after the change: an earlier read may have returned it already.
    private static readonly TimeSpan MaxNotificationDelay = TimeSpan.FromMinutes(5);

    /// <param name="busy">Whether the target was read recently, so that the change may have been returned already.</param>
    public static async Task<bool> IsStaleAsync(WriteTransaction transaction, StoredTarget target, bool busy)
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

    private static string GetKey(StoredTarget target, string expected) =>
        target.Kind == RecordKind.Assignment ? RecordKeys.Assignment(target.Key, expected[1..])
        : target.Kind == RecordKind.SubscriptionAssignment
            ? RecordKeys.SubscriptionAssignment(target.Key, expected[1..])
        : target.Kind == RecordKind.User ? RecordKeys.User(target.Key)
        : target.Key;
}
