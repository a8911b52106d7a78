using System.Text.Json;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Refetch;

/// <summary>A row of the table of plans in <c>docs/refetch.md</c>.</summary>
internal sealed record RefetchPlanCase(
    string Due,
    string Known,
    IReadOnlyList<StoredTarget> Targets,
    PlanStatistics Knowledge
)
{
    private static readonly PlanStatistics Location = new()
    {
        UsersVersion = "version-1",
        AssignedCounts = Enumerable
            .Range(1, 25)
            .ToDictionary(app => (RecordKind.Assignment, $"{app}/STDQ"), _ => 1000L)
            .Append(new((RecordKind.SubscriptionAssignment, "1"), 40))
            .ToDictionary(),
        Totals = new Dictionary<RecordKind, long>
        {
            [RecordKind.Asset] = 300,
            [RecordKind.Assignment] = 25_000,
            [RecordKind.User] = 2_000,
            [RecordKind.Subscription] = 20,
            [RecordKind.SubscriptionAssignment] = 800,
        },
    };

    private const string Typical = "the location";
    private const string Nothing = "nothing";

    /// <summary>The table of <c>docs/refetch.md</c>.</summary>
    public static IReadOnlyList<RefetchPlanCase> Table { get; } =
    [
        new("1 asset", Typical, Assets(1), Location),
        new("25 assets", Typical, Assets(25), Location),
        new("25 assets", Nothing, Assets(25), PlanStatistics.Empty),
        new("1 asset for 1 device", Typical, Assignments(1, 1), Location),
        new("25 assets for 1 device", Typical, Assignments(25, 1), Location),
        new("1 asset of 1,000 holders, for 2 devices", Typical, Assignments(1, 2), Location),
        new("1 asset of 1,000 holders, for 3 devices", Typical, Assignments(1, 3), Location),
        new("25 assets for 5 devices", Typical, Assignments(25, 5), Location),
        new("1 asset for 8 devices", Nothing, Assignments(1, 8), PlanStatistics.Empty),
        new("1 asset for all holders", Typical, Assignments(1, 0), Location),
        new("25 assets for all holders", Typical, Assignments(25, 0), Location),
        new(
            "25 assets of 100 holders each, for all holders",
            "the location, but 3,000 assignments in all",
            Assignments(25, 0),
            Location with
            {
                AssignedCounts = Enumerable
                    .Range(1, 25)
                    .ToDictionary(app => (RecordKind.Assignment, $"{app}/STDQ"), _ => 100L),
                Totals = new Dictionary<RecordKind, long> { [RecordKind.Assignment] = 3_000 },
            }
        ),
        new("2 users", Typical, Users(2), Location),
        new("3 users", Typical, Users(3), Location),
        new("100 users", Typical, Users(100), Location),
        new("100 users", Nothing, Users(100), PlanStatistics.Empty),
        new("1 subscription and its assignments", Typical, [.. Subscriptions(1), .. Seats(1)], Location),
        new("10 subscriptions and their assignments", Typical, [.. Subscriptions(10), .. Seats(10)], Location),
    ];

    public string Row()
    {
        var reads = RefetchPlan.Create(Targets, Knowledge).Select(step => step.Read).ToList();
        var requests = reads.Sum(read => PageCounts.Estimate(read, Knowledge));
        return $"| {Due} | {Known} | {string.Join(", ", reads.CountBy(Describe).Select(Counted))} | {requests} |";
    }

    public static IReadOnlyList<StoredTarget> Assets(int count) =>
        [.. Enumerable.Range(1, count).Select(app => Target(RecordKind.Asset, $"{app}/STDQ"))];

    /// <param name="holders">0 for all.</param>
    public static IReadOnlyList<StoredTarget> Assignments(int assets, int holders) =>
        [
            .. Enumerable
                .Range(1, assets)
                .Select(app =>
                    Assignments($"{app}/STDQ", [.. Enumerable.Range(0, holders).Select(i => $"serial:S{i}")])
                ),
        ];

    public static StoredTarget Assignments(string asset, IReadOnlyList<string> holders) =>
        Target(RecordKind.Assignment, asset) with
        {
            Holders = holders.Count == 0 ? null : JsonSerializer.Serialize(holders),
        };

    public static IReadOnlyList<StoredTarget> Users(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Target(RecordKind.User, $"user-{i}"))];

    public static IReadOnlyList<StoredTarget> Subscriptions(int count) =>
        [.. Enumerable.Range(1, count).Select(i => Target(RecordKind.Subscription, $"{i}"))];

    public static IReadOnlyList<StoredTarget> Seats(int count) =>
        [.. Enumerable.Range(1, count).Select(i => Target(RecordKind.SubscriptionAssignment, $"{i}"))];

    public static StoredTarget Target(RecordKind kind, string key) =>
        new()
        {
            LocationId = "location-1",
            KindName = kind.Name,
            Key = key,
            Requested = 1,
        };

    private static string Counted(KeyValuePair<string, int> reads) =>
        reads.Value == 1 ? reads.Key : $"{reads.Value} × {reads.Key}";

    private static string Describe(RefetchRead read) =>
        read switch
        {
            AssetRead => "the asset",
            AssignmentsRead { Holder: not null } => "the asset's assignment to the holder",
            AssignmentsRead => "all assignments of the asset",
            HolderRead => "all assignments of the holder",
            UserRead => "the user",
            UsersRead { SinceVersionId: not null } => "users changed since the last version",
            UsersRead => "all users",
            SubscriptionRead => "the subscription",
            SubscriptionAssignmentsRead => "the subscription's assignments",
            FullRead { Kind.Name: "asset" } => "all assets",
            FullRead { Kind.Name: "assignment" } => "all assignments",
            FullRead { Kind.Name: "subscription" } => "all subscriptions",
            FullRead => "all subscription assignments",
            _ => throw new ArgumentOutOfRangeException(nameof(read)),
        };
}
