using System.Text.Json;
using NotificationHub.Refetch.Targets;

namespace NotificationHub.Erasure;

/// <summary>What a refetch target says of its holders.</summary>
internal sealed record ErasedTarget
{
    public string Key { get; init; } = "";

    public string? Holders { get; init; }

    public string? Expects { get; init; }

    /// <summary>The target without them; null where it does not name them.</summary>
    public static ErasedTarget? Of(ErasedTarget target, PersonalIdentifiers identifiers)
    {
        var holders = Without(
            target.Holders is null ? null : TargetHolders.Parse(target.Holders),
            holder => holder == identifiers.Holder
        );
        var expects = Without(
            target.Expects is null ? null : TargetExpectations.Parse(target.Expects),
            one =>
                one.Length > 1
                && (one[1..] == identifiers.Holder || (identifiers.IsUser && one[1..] == identifiers.Subject))
        );
        return holders is null && expects is null
            ? null
            : target with
            {
                // Where nobody is left, all are read instead.
                Holders =
                    holders is null ? target.Holders
                    : holders.Count == 0 ? null
                    : JsonSerializer.Serialize(holders),
                Expects =
                    expects is null ? target.Expects
                    : expects.Count == 0 ? null
                    : JsonSerializer.Serialize(expects),
            };
    }

    private static List<string>? Without(IReadOnlyList<string>? names, Func<string, bool> isTheirs)
    {
        List<string> left = [.. (names ?? []).Where(name => !isTheirs(name))];
        return names is null || left.Count == names.Count ? null : left;
    }
}
