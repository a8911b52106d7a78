using System.Security.Cryptography;
using System.Text;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Notifications and a stage's work share a commit, but not their failures.</summary>
public sealed class SqliteWriterRoundTests
{
    [Fact]
    public async Task Failing_work_rolls_back_only_itself()
    {
        await using var database = await TestDatabase.OpenAsync();
        var failures = new List<Task>();
        var notifications = new List<Task<AppendOutcome>>();

        for (var i = 0; i < 200; i++)
        {
            failures.Add(Failing(database.Database));
            notifications.Add(database.Database.AppendAsync(Notification($"n-{i}")));
        }

        foreach (var notification in notifications)
        {
            (await notification).Result.ShouldBe(AppendResult.Stored);
        }

        foreach (var failure in failures)
        {
            await Should.ThrowAsync<InvalidOperationException>(failure);
        }

        (await CountAsync(database.Database, "log_cursor")).ShouldBe(0);
        (await CountAsync(database.Database, "notification_log")).ShouldBe(200);
    }

    [Fact]
    public async Task Work_that_fills_the_disk_loses_no_notification()
    {
        await using var database = await TestDatabase.OpenAsync();
        await database.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("pragma max_page_count = 400"),
            CancellationToken.None
        );

        for (var i = 0; i < 20; i++)
        {
            var filling = database.Database.WriteAsync(
                transaction =>
                    transaction.ExecuteAsync(
                        "insert into log_cursor (name, position, last_progress_at) values (hex(zeroblob(4000000)), 0, 0)"
                    ),
                CancellationToken.None
            );
            var notification = database.Database.AppendAsync(Notification($"n-{i}"));

            (await notification).Result.ShouldBe(AppendResult.Stored);
            await Should.ThrowAsync<StorageUnavailableException>(filling);
        }
    }

    [Fact]
    public async Task Each_caller_of_a_failed_batch_gets_its_own_exception()
    {
        await using var database = await TestDatabase.OpenAsync();
        await database.Database.WriteAsync(
            transaction => transaction.ExecuteAsync("pragma max_page_count = 1"),
            CancellationToken.None
        );
        var big = new string('x', 1_000_000);

        Task<AppendOutcome>[] notifications =
        [
            .. Enumerable.Range(0, 10).Select(i => database.Database.AppendAsync(Notification($"{big}{i}"))),
        ];

        var failures = new List<Exception>();
        foreach (var notification in notifications)
        {
            failures.Add(await Should.ThrowAsync<StorageUnavailableException>(notification));
        }

        failures.Distinct().Count().ShouldBe(notifications.Length);
    }

    private static Task Failing(Database database) =>
        database.WriteAsync(
            async transaction =>
            {
                await new LogCursor("doomed").MoveAsync(transaction, 0, 1, At(0));
                throw new InvalidOperationException("as intended");
            },
            CancellationToken.None
        );

    private static NotificationAppend Notification(string id) =>
        new()
        {
            LocationId = "loc"u8.ToArray(),
            DedupHash = id.Length + id[^1],
            NotificationId = Encoding.UTF8.GetBytes(id),
            Body = Encoding.UTF8.GetBytes(id),
            BodySha256 = SHA256.HashData(Encoding.UTF8.GetBytes(id)),
            ReceivedAt = At(0),
        };

    private static async Task<long> CountAsync(Database database, string table) =>
        await database.WriteAsync(
            transaction => transaction.ScalarAsync<long>($"select count(*) from {table}"),
            CancellationToken.None
        );
}
