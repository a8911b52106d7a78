using System.Text.Json;
using NotificationHub.Refetch.Planning;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Refetch;

public sealed class RefetchPlanTests
{
    [Fact]
    public void An_asset_is_read_by_its_key() =>
        Plan(Target(RecordKind.Asset, "408709785/PLUS")).ShouldBe([new AssetRead("408709785/PLUS")]);

    [Theory]
    [InlineData(1, 100, 1)]
    [InlineData(2, 100, 1)]
    [InlineData(2, 501, 2)]
    [InlineData(8, 4_000, 8)]
    [InlineData(8, 3_500, 7)]
    [InlineData(1, 0, 1)]
    [InlineData(9, 1_000_000, 9)]
    [InlineData(500, 1_000_000, 500)]
    [InlineData(500, 200_000, 400)]
    public void Holders_are_read_one_by_one_unless_the_asset_has_fewer_pages(int holders, long assigned, int requests)
    {
        var plan = Plan(
            new PlanStatistics
            {
                AssignedCounts = new Dictionary<(RecordKind, string), long>
                {
                    [(RecordKind.Assignment, "1/STDQ")] = assigned,
                },
            },
            AssignmentsOf(holders)
        );

        plan.OfType<AssignmentsRead>()
            .Count(read => read.Holder is not null)
            .ShouldBe(holders <= requests ? holders : 0);
        (plan is [AssignmentsRead { Holder: null }]).ShouldBe(holders > requests);
    }

    [Fact]
    public void Eight_holders_of_an_asset_of_unknown_size_are_read_one_by_one() =>
        Plan(AssignmentsOf(8)).Cast<AssignmentsRead>().ShouldAllBe(read => read.Holder != null);

    [Fact]
    public void For_nine_holders_of_an_asset_of_unknown_size_the_asset_is_read() =>
        Plan(AssignmentsOf(9)).ShouldBe([new AssignmentsRead("1/STDQ")]);

    [Fact]
    public void Many_holders_of_many_assets_are_planned_in_time()
    {
        // The maximum targets and holders of a slot; a plan that compared all pairs would not finish in time.
        StoredTarget[] targets =
        [
            .. Enumerable
                .Range(0, 400)
                .Select(asset =>
                    RefetchPlanCase.Assignments(
                        $"{asset}/STDQ",
                        [.. Enumerable.Range(0, RefetchTargets.MaxHolders).Select(i => $"serial:{(asset * 5) + i}")]
                    )
                ),
        ];
        var known = new PlanStatistics
        {
            AssignedCounts = targets.ToDictionary(
                target => (target.Kind, target.Key),
                target => target.Key.Length * 700L
            ),
        };

        var steps = RefetchPlan.Create(targets, known);

        steps
            .SelectMany(step => step.Targets)
            .ToHashSet(ReferenceEqualityComparer.Instance)
            .Count.ShouldBe(targets.Length);
    }

    [Fact]
    public void Without_named_holders_the_asset_is_read() =>
        Plan(Target(RecordKind.Assignment, "1/STDQ")).ShouldBe([new AssignmentsRead("1/STDQ")]);

    [Fact]
    public void Subscriptions_are_read_by_their_ID() =>
        Plan(Target(RecordKind.Subscription, "12345"), Target(RecordKind.SubscriptionAssignment, "12345"))
            .ShouldBe([new SubscriptionRead("12345"), new SubscriptionAssignmentsRead("12345")]);

    [Fact]
    public void Every_target_is_in_a_step()
    {
        StoredTarget[] targets = [.. Users(9), .. new[] { AssignmentsOf(3), Target(RecordKind.Asset, "1/STDQ") }];

        RefetchPlan
            .Create(targets, PlanStatistics.Empty)
            .SelectMany(step => step.Targets)
            .Distinct()
            .ShouldBe(targets, ignoreOrder: true);
    }

    private static RefetchRead[] Plan(params StoredTarget[] targets) => Plan(PlanStatistics.Empty, targets);

    private static RefetchRead[] Plan(PlanStatistics known, params StoredTarget[] targets) =>
        [.. RefetchPlan.Create(targets, known).Select(step => step.Read)];

    private static StoredTarget AssignmentsOf(int holders) =>
        Target(RecordKind.Assignment, "1/STDQ") with
        {
            Holders = JsonSerializer.Serialize(Enumerable.Range(0, holders).Select(i => $"serial:S{i}")),
        };

    private static StoredTarget[] Users(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Target(RecordKind.User, $"user-{i}"))];

    private static StoredTarget Target(RecordKind kind, string key) =>
        new()
        {
            LocationId = "location-1",
            KindName = kind.Name,
            Key = key,
            Requested = 1,
        };
}
