using System.Text.Json;

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

        return JsonSerializer.Serialize(holders.Order(StringComparer.Ordinal));
    }

    public static IReadOnlyList<string> Parse(string holders) => JsonSerializer.Deserialize<string[]>(holders) ?? [];
}
