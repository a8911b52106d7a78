using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Routing;

/// <summary>Notifications request the same reads whether they are committed together or one by one.</summary>
public sealed class RoutingChunkTests
{
    private static readonly RefetchTiming Timing = new(
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(4)
    );

    [Fact]
    public async Task Of_several_notifications_about_a_user_the_last_one_counts()
    {
        await ShouldEqualSeparateCommitsAsync(User("u", "-"), User("u", "+"));
        await ShouldEqualSeparateCommitsAsync(User("u", "-"), User("u", "+"), User("u", "-"));
        await ShouldEqualSeparateCommitsAsync(User("u", "+"), User("u", null));
    }

    [Fact]
    public async Task The_expectation_for_one_holder_is_kept_if_all_holders_are_requested()
    {
        await ShouldEqualSeparateCommitsAsync(Holder("serial:1", "+serial:1"), Holder(null, "-user:2"));
        await ShouldEqualSeparateCommitsAsync(Holder(null, null), Holder("serial:1", "+serial:1"));
        await ShouldEqualSeparateCommitsAsync(Holder("serial:1", "+serial:1"), Holder("serial:1", null));
        await ShouldEqualSeparateCommitsAsync([
            .. Enumerable.Range(0, RefetchTargets.MaxHolders + 1).Select(i => Holder($"serial:{i}", $"+serial:{i}")),
        ]);
        await ShouldEqualSeparateCommitsAsync([
            .. Enumerable
                .Range(0, RefetchTargets.MaxHolders)
                .Select(i => Holder($"serial:{i % 9}", $"-serial:{i % 9}")),
        ]);
    }

    [Fact]
    public async Task Any_notifications_in_any_order_request_the_same_as_one_by_one()
    {
        var random = new Random(11);
        for (var round = 0; round < 30; round++)
        {
            await ShouldEqualSeparateCommitsAsync([
                .. Enumerable
                    .Range(0, 12)
                    .Select(_ => random.Next(12))
                    .Select(pick =>
                        pick switch
                        {
                            < 3 => User(
                                $"u{pick % 2}",
                                pick == 0 ? null
                                    : pick == 1 ? "+"
                                    : "-"
                            ),
                            < 9 => Holder(
                                $"serial:{pick}",
                                random.Next(3) == 0 ? null : $"{"+-"[pick % 2]}serial:{pick}"
                            ),
                            9 => Holder(null, "+user:9"),
                            _ => new MergedRequest(
                                "location-1",
                                RecordKind.Asset,
                                "1/STDQ",
                                Expects: pick == 10 ? "~" : null
                            ),
                        }
                    ),
            ]);
        }
    }

    [Fact]
    public void Many_holders_of_one_target_fill_a_chunk()
    {
        var chunk = new RoutingChunk(from: 0);
        var added = 0;
        for (; !chunk.IsFull; added++)
        {
            Add(
                chunk,
                [
                    .. Enumerable
                        .Range(0, 100)
                        .Select(i => Holder($"serial:{added}-{i % 90}", null) with { Key = $"{added}/STDQ" }),
                ]
            );
        }

        added.ShouldBeInRange(10, 80);
    }

    private static MergedRequest User(string key, string? expects) =>
        new("location-1", RecordKind.User, key, Expects: expects);

    private static MergedRequest Holder(string? holder, string? expects) =>
        new("location-1", RecordKind.Assignment, "1/STDQ", holder, Expects: expects);

    private static async Task ShouldEqualSeparateCommitsAsync(params MergedRequest[] requests)
    {
        var together = new RoutingChunk(from: 0);
        List<IReadOnlyCollection<MergedRequest>> single = [];
        foreach (var request in requests)
        {
            Add(together, [request]);
            var alone = new RoutingChunk(from: 0);
            Add(alone, [request]);
            single.Add(alone.Targets);
        }

        (await RowsAsync([together.Targets])).ShouldBe(await RowsAsync(single));
    }

    private static void Add(RoutingChunk chunk, IReadOnlyList<MergedRequest> requests) =>
        chunk.Add(
            PayloadCorpus.Entry("TEST_NOTIFICATION/empty.json"),
            new RoutedNotification([], requests, Disposition.Accepted, [])
        );

    private static async Task<IReadOnlyList<(string, string, string?, string?)>> RowsAsync(
        IEnumerable<IReadOnlyCollection<MergedRequest>> requests
    )
    {
        await using var test = await TestDatabase.OpenAsync();
        var targets = new RefetchTargets(Timing);
        foreach (var some in requests)
        {
            await test.Database.WriteAsync(
                transaction => targets.RequestAsync(transaction, some, now: At(1_000)),
                CancellationToken.None
            );
        }

        return await test.QueryAsync<(string, string, string?, string?)>(
            "select kind, key, holders, expects from refetch_target order by kind, key"
        );
    }
}
