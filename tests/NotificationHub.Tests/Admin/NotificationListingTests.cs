using System.Globalization;
using NotificationHub.Admin;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Admin;

public sealed class NotificationListingTests
{
    private const string ByDisposition = "notification_log_disposition (disposition=?";

    [Theory]
    // By seq: in the table, or in the index that begins with it.
    [InlineData(null, null, ">?")]
    [InlineData(null, "north", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)")]
    [InlineData(Disposition.Accepted, "north", "INTEGER PRIMARY KEY (rowid>? AND rowid<?)")]
    [InlineData(Disposition.Rejected, null, ByDisposition)]
    [InlineData(Disposition.Quarantined, "north", ByDisposition + " AND location_id=?")]
    [InlineData(Disposition.Rerouted, "north", ByDisposition + " AND location_id=?")]
    internal async Task What_was_set_aside_is_found_by_its_index(
        Disposition? disposition,
        string? location,
        string expected
    )
    {
        await using var test = await TestDatabase.OpenAsync();
        var filter = new NotificationFilter(disposition, location);
        await using var connection = await test.Database.OpenReaderAsync(CancellationToken.None);

        foreach (
            var statement in (string[])
                [
                    NotificationListing.ListStatement(connection, filter),
                    NotificationListing.SeqsStatement(connection, filter),
                ]
        )
        {
            var plan = await test.QueryAsync<PlanStep>(
                $"explain query plan {statement}",
                new
                {
                    after = 0,
                    until = long.MaxValue,
                    limit = 1,
                    disposition,
                    LocationId = location,
                }
            );
            plan[0].Detail.ShouldContain(expected);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Disposition.Accepted)]
    internal async Task The_notifications_of_a_quiet_location_are_looked_for_in_bounded_steps(Disposition? disposition)
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 50_001, count: 20_000, "busy");
        await AddAsync(test, from: 70_001, count: 1, "quiet");
        await AddAsync(test, from: 70_002, count: 1, "busy");
        await AddAsync(test, from: 90_002, count: 1, "quiet");
        var filter = new NotificationFilter(disposition, "quiet");

        var first = await ReadAsync(test, filter, after: 0, limit: 100, most: 1);
        var second = await ReadAsync(
            test,
            filter,
            long.Parse(first.Next!, CultureInfo.InvariantCulture),
            limit: 100,
            most: 1
        );
        var rest = await ReadAsync(
            test,
            filter,
            long.Parse(second.Next!, CultureInfo.InvariantCulture),
            limit: 100,
            most: 10
        );
        var all = await ReadAsync(test, filter, after: 0, limit: 100, most: int.MaxValue);
        var one = await ReadAsync(test, filter, after: 0, limit: 1, most: int.MaxValue);

        (first.Items.Count, first.Next).ShouldBe((0, "70000"));
        (second.Items.Single().Seq, second.Next).ShouldBe((70_001, "90000"));
        (rest.Items.Single().Seq, rest.Next).ShouldBe((90_002, null));
        (all.Items.Count, all.Next).ShouldBe((2, null));
        (one.Items.Single().Seq, one.Next).ShouldBe((70_001, "70001"));
        (await SeqsAsync(test, filter)).ShouldBe([70_001, 90_002]);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData(null, "busy")]
    [InlineData(Disposition.Accepted, null)]
    internal async Task The_seqs_of_a_long_log_are_all_listed(Disposition? disposition, string? location)
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 5, count: 21_000, "busy");
        await AddAsync(test, from: 90_000, count: 1, "busy");

        var seqs = await SeqsAsync(test, new NotificationFilter(disposition, location));

        seqs.ShouldBe([.. Enumerable.Range(5, 21_000).Select(seq => (long)seq), 90_000]);
    }

    [Fact]
    public async Task Rejected_notifications_are_listed_without_scanning_the_log()
    {
        await using var test = await TestDatabase.OpenAsync();
        await AddAsync(test, from: 1, count: 20_001, "busy");
        await test.ExecuteAsync(
            "update notification_log set disposition = @Rejected where seq = 20001",
            new { Disposition.Rejected }
        );

        var page = await ReadAsync(
            test,
            new NotificationFilter(Disposition.Rejected, null),
            after: 0,
            limit: 1,
            most: 1
        );

        page.Items.ShouldHaveSingleItem().Seq.ShouldBe(20_001);
    }

    private static Task<Page<NotificationRow>> ReadAsync(
        TestDatabase test,
        NotificationFilter filter,
        long after,
        int limit,
        int most
    ) => NotificationListing.ReadAsync(test.Database, filter, after, limit, most, CancellationToken.None);

    private static async Task<IReadOnlyList<long>> SeqsAsync(TestDatabase test, NotificationFilter filter)
    {
        List<long> seqs = [];
        await foreach (var seq in NotificationListing.SeqsAsync(test.Database, filter, CancellationToken.None))
        {
            seqs.Add(seq);
        }

        return seqs;
    }

    private static Task AddAsync(TestDatabase test, long from, int count, string location) =>
        test.ExecuteAsync(
            """
            with recursive seqs (seq) as (select @from union all select seq + 1 from seqs where seq < @from + @count - 1)
            insert into notification_log
                (seq, location_id, dedup_hash, body_hash, body, body_sha256, received_at, disposition, conflict)
            select seq, @location, seq, seq, x'7b7d', zeroblob(32), 0, 0, 0
            from seqs
            """,
            new
            {
                from,
                count,
                location,
            }
        );

    private sealed record PlanStep
    {
        public required string Detail { get; init; }
    }
}
