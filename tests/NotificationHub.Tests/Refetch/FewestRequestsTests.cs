using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Refetch;

/// <summary>No other choice of reads takes fewer requests, and every target is satisfied.</summary>
public sealed class FewestRequestsTests
{
    private const int Holders = 6;

    /// <summary>For each asset, which of six holders are named (none: all), and its number of holders.</summary>
    private static readonly Gen<AssignmentCase> AssignmentCases =
        from count in Gen.Choose(1, 6)
        from wanted in Gen.Choose(0, (1 << Holders) - 1).ArrayOf(count)
        from assigned in Gen.Choose(0, 3000).ArrayOf(count)
        from total in Gen.Choose(-1, 12_000)
        select new AssignmentCase(wanted, assigned, total);

    private static readonly Gen<(int Targets, int Total, bool Versioned)> CountCases =
        from targets in Gen.Choose(1, 40)
        from total in Gen.Choose(-1, 12_000)
        from versioned in Gen.Choose(0, 1)
        select (targets, total, versioned == 1);

    [Fact]
    public void Assignments() =>
        Prop.ForAll(
                AssignmentCases.ToArbitrary(),
                one => CostOf(one.Targets, one.Known) == one.Fewest() && Satisfies(one.Targets, one.Known)
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Assets_and_subscriptions() =>
        Prop.ForAll(
                CountCases.ToArbitrary(),
                one =>
                    new[]
                    {
                        (RefetchPlanCase.Assets(one.Targets), RecordKind.Asset),
                        (RefetchPlanCase.Subscriptions(one.Targets), RecordKind.Subscription),
                        (RefetchPlanCase.Seats(one.Targets), RecordKind.SubscriptionAssignment),
                    }.All(kind =>
                    {
                        var (targets, known) = (kind.Item1, Totals(kind.Item2, one.Total));
                        var whole = one.Total < 0 ? long.MaxValue : PageCounts.Pages(one.Total);
                        return CostOf(targets, known) == Math.Min(targets.Count, whole) && Satisfies(targets, known);
                    })
            )
            .QuickCheckThrowOnFailure();

    [Fact]
    public void Users() =>
        Prop.ForAll(
                CountCases.ToArbitrary(),
                one =>
                {
                    var targets = RefetchPlanCase.Users(one.Targets);
                    var known = Totals(RecordKind.User, one.Total) with
                    {
                        UsersVersion = one.Versioned ? "version-1" : null,
                    };
                    var together =
                        one.Versioned ? PageCounts.ChangedUsers
                        : one.Total < 0 ? PageCounts.Unknown
                        : PageCounts.Pages(one.Total);
                    return CostOf(targets, known) == Math.Min(targets.Count, together) && Satisfies(targets, known);
                }
            )
            .QuickCheckThrowOnFailure();

    private static PlanStatistics Totals(RecordKind kind, int total) =>
        new() { Totals = total < 0 ? [] : new Dictionary<RecordKind, long> { [kind] = total } };

    private static long CostOf(IReadOnlyList<StoredTarget> targets, PlanStatistics known) =>
        RefetchPlan.Create(targets, known).Sum(step => PageCounts.Estimate(step.Read, known));

    /// <summary>Whether the reads of the steps cover each target.</summary>
    private static bool Satisfies(IReadOnlyList<StoredTarget> targets, PlanStatistics known)
    {
        var steps = RefetchPlan.Create(targets, known);
        return targets.All(target =>
            IsSatisfied(target, [.. steps.Where(step => step.Targets.Contains(target)).Select(step => step.Read)])
        );
    }

    private static bool IsSatisfied(StoredTarget target, IReadOnlyList<RefetchRead> reads)
    {
        // An incremental read of users has no scope.
        if (reads.Any(read => read is UsersRead))
        {
            return target.Kind == RecordKind.User;
        }

        string[] keys =
            target.Holders is { } holders
                ? [.. TargetHolders.Parse(holders).Select(holder => RecordKeys.Assignment(target.Key, holder))]
            : target.Kind.CountedBy is not null ? [$"{target.Key}/all"]
            : [target.Key];
        var scopes = reads.SelectMany(read => read.Scope).ToList();
        return keys.All(key => scopes.Any(scope => Contains(scope, key)));
    }

    private static bool Contains(KeyRange range, string key) =>
        range.Below is null
            ? range.From == key
            : string.CompareOrdinal(range.From, key) <= 0 && string.CompareOrdinal(key, range.Below) < 0;

    public sealed record AssignmentCase(int[] Wanted, int[] Assigned, int Total)
    {
        internal IReadOnlyList<StoredTarget> Targets =>
            [.. Wanted.Select((holders, asset) => RefetchPlanCase.Assignments($"{asset}/STDQ", NamesOf(holders)))];

        internal PlanStatistics Known =>
            Totals(RecordKind.Assignment, Total) with
            {
                AssignedCounts = Assigned
                    .Index()
                    .ToDictionary(pair => (RecordKind.Assignment, $"{pair.Index}/STDQ"), pair => (long)pair.Item),
            };

        /// <summary>Tries every choice of assets to read.</summary>
        public long Fewest()
        {
            var parts = Enumerable
                .Range(0, 1 << Wanted.Length)
                .Where(chosen => Wanted.Index().All(pair => pair.Item != 0 || IsIn(chosen, pair.Index)))
                .Min(chosen =>
                    Assigned.Index().Where(pair => IsIn(chosen, pair.Index)).Sum(pair => PageCounts.Pages(pair.Item))
                    + BitOperations.PopCount(
                        (uint)
                            Wanted
                                .Index()
                                .Where(pair => !IsIn(chosen, pair.Index))
                                .Aggregate(0, (holders, pair) => holders | pair.Item)
                    )
                );
            return Total < 0 ? parts : Math.Min(parts, PageCounts.Pages(Math.Max(Total, Assigned.Sum())));
        }

        private static bool IsIn(int set, int place) => (set & (1 << place)) != 0;

        private static string[] NamesOf(int holders) =>
            [.. Enumerable.Range(0, Holders).Where(i => IsIn(holders, i)).Select(i => $"serial:S{i}")];
    }
}
