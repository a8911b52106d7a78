using NotificationHub.Retention;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Retention;

public sealed class LogAgesTests
{
    private const long Now = 1_000_000;
    private const long Ahead = 5_000_000;
    private const int RowsAhead = 20_001;

    private readonly LogAges ages = new();

    [Fact]
    public async Task Rows_that_a_clock_ahead_has_written_are_read_once_until_their_time_has_come()
    {
        await using var store = await TestDatabase.OpenAsync();
        await AppendAsync(store, RowsAhead, Ahead);
        await AppendAsync(store, 1, Now);
        (await ReadAsync(store, Now)).ShouldBe((RowsAhead + 1, Now));

        // No row changes its time: this one shows whether it is read again.
        await store.ExecuteAsync("update event_log set created_at = 7 where seq = 5");
        (await ReadAsync(store, Now)).ShouldBe((RowsAhead + 1, Now));
        (await ReadAsync(store, Ahead - 1)).ShouldBe((RowsAhead + 1, Now));

        (await ReadAsync(store, Ahead)).ShouldBe((1, Ahead));
    }

    [Fact]
    public async Task If_all_rows_are_in_the_future_only_new_ones_are_read()
    {
        await using var store = await TestDatabase.OpenAsync();
        await AppendAsync(store, RowsAhead, Ahead);
        (await ReadAsync(store, Now)).ShouldBeNull();

        await store.ExecuteAsync("update event_log set created_at = 7 where seq = 5");
        (await ReadAsync(store, Now)).ShouldBeNull();
        await AppendAsync(store, 1, Now);

        (await ReadAsync(store, Now)).ShouldBe((RowsAhead + 1, Now));
    }

    [Fact]
    public async Task Skipped_rows_are_forgotten_once_they_are_deleted()
    {
        await using var store = await TestDatabase.OpenAsync();
        await AppendAsync(store, RowsAhead, Ahead);
        await AppendAsync(store, 2, Now);
        await ReadAsync(store, Now);

        await store.ExecuteAsync(
            "update log_start set first_seq = @start where log = 'event'",
            new { start = RowsAhead + 2 }
        );

        (await ReadAsync(store, Now)).ShouldBe((RowsAhead + 2, Now));
    }

    private async Task<(long Seq, long At)?> ReadAsync(TestDatabase store, long future)
    {
        await using var connection = await store.Database.OpenReaderAsync(CancellationToken.None);
        return await ages.ReadFirstAsync(connection, PrunedLog.Events, At(future)) is var (seq, at)
            ? (seq, at.ToUnixTimeMilliseconds())
            : null;
    }

    private static Task AppendAsync(TestDatabase store, int count, long createdAt) =>
        store.ExecuteAsync(
            """
            with recursive rows_ahead (number) as (select 1 union all select number + 1 from rows_ahead where number < @count)
            insert into event_log (topic, type, data, conflict, created_at)
            select 'assets', 'asset.changed', x'7b7d', 0, @createdAt
            from rows_ahead
            """,
            new { count, createdAt }
        );
}
