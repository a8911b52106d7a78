using System.Text.Json;

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
        known.RemoveAll(other => other[1..] == expected[1..]);
        known.Add(expected);
        if (known.Count > MaxExpectations)
        {
            known.RemoveAt(0);
        }
    }

    public static IReadOnlyList<string> Parse(string? expects) =>
        expects is null ? [] : JsonSerializer.Deserialize<string[]>(expects) ?? [];
}
