using FsCheck;
using FsCheck.Fluent;
using NotificationHub.Apple;

namespace NotificationHub.Tests.Apple.Reading;

/// <summary>Lists that change while they are read, as long as Apple keeps the order of the records.</summary>
public sealed class ChangingListTests : ListTest
{
    // Keys that exist at first are even, keys that are added are odd.
    private sealed record Scenario(int PageSize, int Records, (int Request, int[] Keys)[] Changes)
    {
        public IEnumerable<int> Initial => Enumerable.Range(1, Records).Select(i => 2 * i);

        public HashSet<int> Throughout =>
            [.. Initial.Except(Changes.SelectMany(change => change.Keys).Where(key => key < 0).Select(key => -key))];

        public HashSet<int> AtAnyTime =>
            [.. Initial.Concat(Changes.SelectMany(change => change.Keys).Where(key => key > 0))];

        public ChangingApple ToApple() =>
            new(PageSize, Initial) { Changes = Changes.ToDictionary(change => change.Request, change => change.Keys) };
    }

    private static Gen<Scenario> Scenarios(int maxChanges) =>
        from pageSize in Gen.Choose(1, 5)
        from records in Gen.Choose(0, 60)
        from requests in Gen.SubListOf(Enumerable.Range(1, 40)).Select(list => list.Take(maxChanges))
        from changes in Gen.CollectToArray(requests, request => Changes(records, request))
        select new Scenario(pageSize, records, changes);

    private static Gen<(int Request, int[] Keys)> Changes(int records, int request) =>
        from keys in Gen.ArrayOf(
            Gen.OneOf(
                // A purchase somewhere, and a removal, mostly near the start, where it moves the most.
                Gen.Choose(0, records).Select(i => (2 * i) + 1),
                Gen.Choose(1, Math.Max(1, records)).Select(i => -2 * i),
                Gen.Choose(1, Math.Max(1, records / 3)).Select(i => -2 * i)
            )
        )
        select (request, keys.Take(12).ToArray());

    [Fact]
    public void No_record_that_is_there_throughout_is_left_out_and_none_is_returned_twice() =>
        Prop.ForAll(
                Scenarios(maxChanges: 8).ToArbitrary(),
                async scenario =>
                {
                    var apple = scenario.ToApple();
                    RecordList<Asset>? list = null;
                    var read = await ReadAsync(apple, session => list = session.ListAssetsAsync());
                    var keys = read.Select(asset => int.Parse(asset.AdamId!)).ToList();
                    return keys.Distinct().Count() == keys.Count
                        && scenario.Throughout.IsSubsetOf(keys)
                        && scenario.AtAnyTime.IsSupersetOf(keys)
                        && list is { IsComplete: true, MayBeIncomplete: false, VersionId: "v1" };
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void No_record_is_left_out_or_returned_twice_when_cursors_become_invalid() =>
        Prop.ForAll(
                Scenarios(maxChanges: 3).ToArbitrary(),
                async scenario =>
                {
                    RecordList<Subscription>? list = null;
                    var read = await ReadAsync(scenario.ToApple(), session => list = session.ListSubscriptionsAsync());
                    var keys = read.Select(one => int.Parse(one.AdamId!)).ToList();
                    return keys.Distinct().Count() == keys.Count
                        && scenario.Throughout.IsSubsetOf(keys)
                        && scenario.AtAnyTime.IsSupersetOf(keys)
                        && list!.IsComplete;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public async Task A_list_finds_what_a_page_wise_read_misses()
    {
        ChangingApple NewApple() => new(2, [2, 4, 6, 8]) { Changes = new() { [1] = [-2] } };

        var pages = await WithSession(
            NewApple(),
            session => session.ReadAssetsAsync(new AssetQuery(), default).ToListAsync().AsTask()
        );
        var list = await ReadAsync(NewApple(), session => session.ListAssetsAsync());

        pages.SelectMany(page => page.Items).Select(asset => asset.AdamId).ShouldBe(["2", "4", "8"]);
        list.Select(asset => asset.AdamId).ShouldBe(["2", "4", "6", "8"]);
    }

    [Fact]
    public async Task A_list_that_changes_all_the_time_is_read_at_a_bounded_cost_but_not_trusted()
    {
        var apple = new ChangingApple(1, Enumerable.Range(1, 30).Select(i => 2 * i))
        {
            // The last record is replaced before every request.
            Changes = Enumerable
                .Range(1, 400)
                .ToDictionary(i => i, i => i % 2 == 0 ? new[] { -1001, 1003 } : [-1003, 1001]),
        };
        RecordList<Asset>? list = null;

        var read = await ReadAsync(apple, session => list = session.ListAssetsAsync());

        read.Select(asset => int.Parse(asset.AdamId!))
            .Where(key => key < 1001)
            .ShouldBe(Enumerable.Range(1, 30).Select(i => 2 * i));
        (list!.MayBeIncomplete, list.IsComplete).ShouldBe((true, true));
        apple.Requests.Count.ShouldBeLessThan(30 + 80);
    }

    [Fact]
    public async Task Retired_users_of_one_ID_are_distinct_records()
    {
        var apple = new ScriptedApple(TimeProvider.System);
        const string User = """{"clientUserId":"u1","status":"Retired"}""";
        apple.Then($$"""{"users":[{{User}},{{User}},{"clientUserId":"u1","status":"Registered"}]}""");

        (await ReadAsync(apple, session => session.ListUsersAsync())).Count.ShouldBe(3);
    }
}
