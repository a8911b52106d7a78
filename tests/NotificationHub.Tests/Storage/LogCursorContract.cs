using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class LogCursorContract : StoreContract
{
    private readonly LogCursor cursor = new("stage");

    [Fact]
    public async Task A_new_cursor_is_at_zero() => (await ReadAsync(cursor)).ShouldBe(0);

    [Fact]
    public async Task A_moved_cursor_is_at_its_new_position()
    {
        await MoveAsync(0, 5);
        await MoveAsync(5, 9);

        (await ReadAsync(cursor)).ShouldBe(9);
        (await ReadAsync(new LogCursor("another"))).ShouldBe(0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    public async Task A_pass_from_another_position_commits_nothing(long from)
    {
        await MoveAsync(0, 5);

        await Should.ThrowAsync<InvalidOperationException>(() =>
            WriteAsync(async transaction =>
            {
                transaction.AppendEvents([NewEventOf(1)]);
                await cursor.MoveAsync(transaction, from, 10, now: At(1));
            })
        );

        (await ReadAsync(cursor)).ShouldBe(5);
        (await Test.ScalarAsync<long>("select count(*) from event_log")).ShouldBe(0);
    }

    [Fact]
    public async Task A_cursor_never_moves_back()
    {
        await MoveAsync(0, 5);

        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => MoveAsync(5, 4));

        (await ReadAsync(cursor)).ShouldBe(5);
    }

    private static NewEvent NewEventOf(long createdAt) => new() { Type = "asset.changed", CreatedAt = At(createdAt) };

    private Task MoveAsync(long from, long to) =>
        WriteAsync(transaction => cursor.MoveAsync(transaction, from, to, now: At(1)));

    private async Task<long> ReadAsync(LogCursor which)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await which.ReadAsync(connection);
    }
}

public sealed class SqliteLogCursorTests : LogCursorContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerLogCursorTests : LogCursorContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
