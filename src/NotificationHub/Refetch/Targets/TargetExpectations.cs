using System.Text.Json;

namespace NotificationHub.Refetch.Targets;

/// <summary>
/// What notifications say of a target, so that a read that contradicts them is seen: reads may lag behind. A JSON array of the last few:
/// <c>+serial:S</c>, <c>-user:U</c> for a holder that has it or not, <c>+</c> or <c>-</c> for a user that is there or not, <c>~</c> for a
/// record that is not as it was.
/// </summary>
internal static class TargetExpectations
{
    public const string Changed = "~";

    /// <summary>Of a burst a few are enough: the latest are the ones that a lagging read does not show.</summary>
    private const int Most = 8;

    public static string Present(string name = "") => $"+{name}";

    public static string Absent(string name = "") => $"-{name}";

    /// <summary>What the counts of an operation's assets or subscriptions do; a failure need not change them.</summary>
    public static string? ChangedBy(string result) => result == "SUCCESS" ? Changed : null;

    public static string? Merge(string? known, IEnumerable<MergedRequest> requests)
    {
        List<string> merged = [.. Parse(known)];
        foreach (var expected in requests.Select(request => request.Expects).OfType<string>())
        {
            Add(merged, expected);
        }

        return merged.Count == 0 ? null : JsonSerializer.Serialize(merged);
    }

    /// <summary>Adds the expectations of a later notification; for each holder, the latest one counts.</summary>
    public static void Add(List<string> known, string expected)
    {
        known.RemoveAll(other => other[1..] == expected[1..]);
        known.Add(expected);
        if (known.Count > Most)
        {
            known.RemoveAt(0);
        }
    }

    public static IReadOnlyList<string> Parse(string? expects) =>
        expects is null ? [] : JsonSerializer.Deserialize<string[]>(expects) ?? [];
}
