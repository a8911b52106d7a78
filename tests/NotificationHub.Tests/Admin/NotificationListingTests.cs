using System.Globalization;
using NotificationHub.Admin;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Admin;

public sealed class NotificationListingTests
{
    private const string ByDisposition = "notification_log_disposition (disposition=?";
    private const string BySeq = "INTEGER PRIMARY KEY (rowid>? AND rowid<?)";

    [Theory]
    [InlineData(null, null, BySeq)]
    [InlineData(null, "north", BySeq)]
    [InlineData("accepted", "north", BySeq)]
    [InlineData("rejected", null, ByDisposition)]
    [InlineData("quarantined", "north", ByDisposition + " AND location_id=?")]
    [InlineData("rerouted", "north", ByDisposition + " AND location_id=?")]
    public async Task What_was_set_aside_is_found_by_its_index(string? disposition, string? location, string expected)
    {
        await using var test = await TestDatabase.OpenAsync();
        var filter = new NotificationFilter { Disposition = disposition, Location = location };

        (await PlanAsync(test, connection => NotificationListing.ListStatement(connection, filter))).ShouldContain(
            expected
        );
    }

    [Fact]
    public async Task Candidates_for_an_ID_are_found_in_the_index_of_the_hashes_alone()
    {
        await using var test = await TestDatabase.OpenAsync();

        var plan = await PlanAsync(test, NotificationListing.HashStatement);

        plan.ShouldContain("COVERING INDEX notification_log_dedup (seq>? AND seq<?)");
    }

    [Fact]
    public async Task The_notifications_of_a_quiet_location_are_looked_for_backwards_for_a_limited_time()
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 5, count: 1, "quiet");
        // As after a restore.
        await AddAsync(test, from: 1_800_000_050_001, count: 3_000, "busy");
        await AddAsync(test, from: 1_800_000_053_001, count: 1, "quiet");
        await AddAsync(test, from: 1_800_000_053_002, count: 2_500, "busy");
        var filter = new NotificationFilter { Location = "quiet" };

        var first = await ReadAsync(test, filter, before: null, limit: 100, TimeSpan.Zero);
        var second = await ReadAsync(test, filter, Next(first), limit: 100, TimeSpan.Zero);
        var third = await ReadAsync(test, filter, Next(second), limit: 100, TimeSpan.Zero);
        var all = await ReadAsync(test, filter, before: null, limit: 100, TimeSpan.MaxValue);
        var one = await ReadAsync(test, filter, before: null, limit: 1, TimeSpan.MaxValue);

        (first.Items.Count, first.Next).ShouldBe((0, "1800000054502"));
        first.SearchedBackTo.ShouldBe(TestTime.At(1_800_000_054_502));
        second.Items.Count.ShouldBe(0);
        (third.Items.Single().Seq, third.Next).ShouldBe((1_800_000_053_001, "1800000052502"));
        all.Items.Select(row => row.Seq).ShouldBe([1_800_000_053_001, 5]);
        (all.Next, all.SearchedBackTo).ShouldBe((null, null));
        (one.Items.Single().Seq, one.Next).ShouldBe((1_800_000_053_001, "1800000053001"));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "busy")]
    [InlineData("accepted", null)]
    public async Task The_seqs_of_a_long_log_are_all_listed(string? disposition, string? location)
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 5, count: 2_100, "busy");
        await AddAsync(test, from: 9_000, count: 1, "busy");

        List<long> seqs = [];
        await foreach (
            var seq in Create(test)
                .SeqsAsync(
                    new NotificationFilter { Disposition = disposition, Location = location },
                    CancellationToken.None
                )
        )
        {
            seqs.Add(seq);
        }

        seqs.ShouldBe([.. Enumerable.Range(5, 2_100).Select(seq => (long)seq), 9_000]);
    }

    [Fact]
    public async Task Rejected_notifications_are_listed_without_scanning_the_log()
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 1, count: 20_001, "busy");
        await test.ExecuteAsync(
            "update notification_log set disposition = @Rejected where seq = 1",
            new { Disposition.Rejected }
        );

        var page = await ReadAsync(
            test,
            new NotificationFilter { Disposition = "rejected" },
            before: null,
            limit: 2,
            TimeSpan.Zero
        );

        page.Items.ShouldHaveSingleItem().Seq.ShouldBe(1);
        page.Next.ShouldBeNull();
    }

    [Fact]
    public async Task A_period_is_found_without_reading_the_rest_of_the_log()
    {
        await using var test = await TestDatabase.OpenAsync();
        // A millisecond apart; the margin for clocks is five minutes.
        await AddAsync(test, from: 1, count: 5_000, "north", step: TimeSpan.FromMinutes(1));
        var filter = new NotificationFilter
        {
            Since = TestTime.At(0).AddMinutes(100),
            Until = TestTime.At(0).AddMinutes(103),
        };

        var page = await ReadAsync(test, filter, before: null, limit: 100, TimeSpan.Zero);

        page.Items.Select(row => row.Seq).ShouldBe([102L, 101, 100]);
        page.Next.ShouldBeNull();
    }

    private static long Next(NotificationPage page) => long.Parse(page.Next!, CultureInfo.InvariantCulture);

    private static Task<NotificationPage> ReadAsync(
        TestDatabase test,
        NotificationFilter filter,
        long? before,
        int limit,
        TimeSpan limitTime
    ) => Create(test).ReadAsync(filter, before, limit, limitTime, CancellationToken.None);

    private static NotificationListing Create(TestDatabase test) =>
        new(test.Database, new BackwardSearch(TimeProvider.System));

    private static async Task<string> PlanAsync(
        TestDatabase test,
        Func<System.Data.Common.DbConnection, string> statement
    )
    {
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);
        var plan = await test.QueryAsync<PlanStep>(
            $"explain query plan {statement(connection)}",
            new
            {
                first = 0,
                last = long.MaxValue,
                limit = 1,
                DispositionNumber = 0,
                Location = "north",
                hashes = (long[])[1, 2],
            }
        );
        return plan[0].Detail;
    }

    private static Task AddAsync(TestDatabase test, long from, int count, string location, TimeSpan? step = null) =>
        test.ExecuteAsync(
            """
            with recursive seqs (seq) as (select @from union all select seq + 1 from seqs where seq < @from + @count - 1)
            insert into notification_log
                (seq, location_id, dedup_hash, body_hash, body, body_sha256, received_at, disposition, conflict)
            select seq, @location, seq, seq, x'7b7d', zeroblob(32), seq * @step, 0, 0
            from seqs
            """,
            new
            {
                from,
                count,
                location,
                step = step ?? TimeSpan.FromMilliseconds(1),
            }
        );

    private sealed record PlanStep
    {
        public required string Detail { get; init; }
    }
}
