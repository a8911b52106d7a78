using System.Data.Common;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>No cursor may pass a row that is committed later with a lower seq, even with several writers.</summary>
public abstract class LogOrderContract : StoreContract
{
    private const int Writers = 4;
    private const int Rounds = 40;

    [Fact]
    public async Task A_reader_of_the_event_log_skips_no_row_of_two_concurrent_writers()
    {
        var other = await Test.OpenAnotherAsync();

        var seen = await ReadContinuouslyAsync(
            ReadEventsAsync,
            writer => AppendEventsAsync(writer % 2 == 0 ? Database : other, writer)
        );

        seen.ShouldBe(await Test.QueryAsync<long>("select seq from event_log order by seq"));
        seen.Count.ShouldBe(Writers * Rounds * 2);
    }

    [Fact]
    public async Task A_reader_of_the_notification_log_skips_no_row_of_two_concurrent_writers()
    {
        var other = await Test.OpenAnotherAsync();

        var seen = await ReadContinuouslyAsync(
            ReadNotificationsAsync,
            writer => AppendNotificationsAsync(writer % 2 == 0 ? Database : other, writer)
        );

        seen.ShouldBe(await Test.QueryAsync<long>("select seq from notification_log order by seq"));
        seen.Count.ShouldBe(Writers * Rounds * 2);
    }

    [Fact]
    public async Task A_notification_that_two_processes_receive_is_stored_once()
    {
        var other = await Test.OpenAnotherAsync();

        for (var i = 0; i < Rounds; i++)
        {
            var (id, body) = ($"notification {i}", $"{i}");
            using var both = new Barrier(2);
            var outcomes = await Task.WhenAll(AppendAsync(Database), AppendAsync(other));

            outcomes[0].Seq.ShouldBe(outcomes[1].Seq);
            outcomes
                .Select(outcome => outcome.Result)
                .ShouldBe([AppendResult.Stored, AppendResult.Duplicate], ignoreOrder: true);

            Task<AppendOutcome> AppendAsync(Database database) =>
                Task.Run(() =>
                {
                    both.SignalAndWait();
                    return RetryUntilStoredAsync(() => database.AppendAsync(Notification(id, body)));
                });
        }
    }

    /// <returns>The rows that a reader found that always continued after its last row.</returns>
    private async Task<List<long>> ReadContinuouslyAsync(
        Func<DbConnection, long, Task<IReadOnlyList<long>>> read,
        Func<int, Task> append
    )
    {
        var appending = Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => append(writer))));
        List<long> seen = [];
        while (true)
        {
            var isLast = appending.IsCompleted;
            await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
            var page = await read(connection, seen.LastOrDefault());
            seen.AddRange(page);
            if (isLast && page.Count == 0)
            {
                await appending;
                return seen;
            }
        }
    }

    private static async Task AppendEventsAsync(Database database, int writer)
    {
        for (var i = 0; i < Rounds; i++)
        {
            NewEvent[] events = [Changed($"{writer}/{i}/a"), Changed($"{writer}/{i}/b")];
            await RetryUntilStoredAsync(() => database.AppendEventsAsync(events));
        }
    }

    private static async Task AppendNotificationsAsync(Database database, int writer)
    {
        for (var i = 0; i < Rounds; i++)
        {
            // All different, so that a retried batch has no duplicates.
            await Task.WhenAll(
                RetryUntilStoredAsync(() => database.AppendAsync(Notification($"{writer}/{i}/a"))),
                RetryUntilStoredAsync(() => database.AppendAsync(Notification($"{writer}/{i}/b")))
            );
        }
    }

    private static async Task<IReadOnlyList<long>> ReadEventsAsync(DbConnection connection, long after) =>
        [
            .. (await EventLog.ReadPageAsync(connection, after, new EventFilter(), 100, CancellationToken.None)).Select(
                entry => entry.Seq
            ),
        ];

    private static async Task<IReadOnlyList<long>> ReadNotificationsAsync(DbConnection connection, long after) =>
        [
            .. (await NotificationLog.ReadPageAsync(connection, after, 100, CancellationToken.None)).Select(entry =>
                entry.Seq
            ),
        ];

    private static NewEvent Changed(string subject) =>
        new()
        {
            Type = EventNames.AssetChanged,
            Subject = subject,
            Data = "{}"u8.ToArray(),
            CreatedAt = At(1),
        };
}

public sealed class SqliteLogOrderTests : LogOrderContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerLogOrderTests : LogOrderContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
