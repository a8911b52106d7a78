using System.Text.Json;
using NotificationHub.Snapshots;

namespace NotificationHub.Refetch.Targets;

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
    public static string? ForSecondRead(ClaimedTarget target) =>
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
