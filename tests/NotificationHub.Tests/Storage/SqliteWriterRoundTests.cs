using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.Storage;

/// <summary>Notifications and a stage's work share a commit, but not their failures.</summary>
public sealed class SqliteWriterRoundTests
{
    private const string WriterThread = "SQLite writer";

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

        var notifications = await database.AppendBatchAsync(
            Enumerable.Range(0, 10).Select(i => Notification($"{big}{i}"))
        );

        var failures = new List<Exception>();
        foreach (var notification in notifications)
        {
            failures.Add(await Should.ThrowAsync<StorageUnavailableException>(notification));
        }

        failures.Distinct().Count().ShouldBe(notifications.Count);
    }

    [Fact]
    public async Task A_delivery_that_arrives_alone_is_stored_on_the_calling_thread()
    {
        await using var database = await TestDatabase.OpenAsync();

        await AppendUntilStoredByCallerAsync(database);
    }

    [Fact]
    public async Task A_delivery_that_arrives_during_a_stage_transaction_is_queued()
    {
        await using var database = await TestDatabase.OpenAsync();
        await AppendUntilStoredByCallerAsync(database);
        var threads = new ConcurrentQueue<string?>();
        using var recording = RecordCommits(database, threads);

        var queued = await database.AppendBatchAsync(Notification("queued"));

        (await queued[0]).Result.ShouldBe(AppendResult.Stored);
        threads.ShouldAllBe(thread => thread == WriterThread);
    }

    [Fact]
    public async Task After_a_write_on_the_calling_thread_fails_the_next_delivery_is_stored()
    {
        await using var database = await TestDatabase.OpenAsync(options =>
            options.LockTimeout = TimeSpan.FromMilliseconds(1)
        );
        await AppendUntilStoredByCallerAsync(database);
        await using (var other = new SqliteConnection($"Data Source={database.File};Pooling=false"))
        {
            await other.OpenAsync(TestContext.Current.CancellationToken);
            await other.ExecuteAsync("begin immediate");

            var failed = database.Database.AppendAsync(Notification("failed"));

            await Should.ThrowAsync<StorageUnavailableException>(failed);
        }

        (await database.Database.AppendAsync(Notification("next"))).Result.ShouldBe(AppendResult.Stored);
        (await CountAsync(database.Database, "notification_log where notification_id = 'failed'")).ShouldBe(0);
    }

    [Fact]
    public async Task Deliveries_interleaved_with_stage_transactions_are_stored_once_and_in_order_per_sender()
    {
        await using var database = await TestDatabase.OpenAsync();

        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(sender =>
                    Task.Run(async () =>
                    {
                        for (var i = 0; i < 200; i++)
                        {
                            await database.Database.AppendAsync(Notification($"{sender}-{i}"));
                            if (i % 10 == sender)
                            {
                                await CountAsync(database.Database, "notification_log");
                            }
                        }
                    })
                )
        );

        var ids = await database.QueryAsync<string>("select notification_id from notification_log order by seq");
        ids.Count.ShouldBe(800);
        foreach (var sender in ids.GroupBy(id => id[0]))
        {
            sender.ShouldBe(Enumerable.Range(0, 200).Select(i => $"{sender.Key}-{i}"));
        }
    }

    [Fact]
    public async Task Every_delivery_reported_as_stored_while_the_database_is_closing_is_in_the_file()
    {
        await using var database = await TestDatabase.OpenAsync();
        await AppendUntilStoredByCallerAsync(database);
        using var sending = new ManualResetEventSlim();
        var sender = Task.Run(async () =>
        {
            var stored = 0;
            try
            {
                while (true)
                {
                    await database.Database.AppendAsync(Notification($"n-{stored}"));
                    stored++;
                    sending.Set();
                }
            }
            catch (StorageUnavailableException)
            {
                return stored;
            }
        });
        sending.Wait(TestContext.Current.CancellationToken);

        await database.Database.DisposeAsync();

        var reopened = await database.OpenAnotherAsync();
        (await CountAsync(reopened, "notification_log where notification_id like 'n-%'")).ShouldBe(await sender);
    }

    /// <summary>Appends until the calling thread stores a notification itself.</summary>
    private static async Task AppendUntilStoredByCallerAsync(TestDatabase database)
    {
        var threads = new ConcurrentQueue<string?>();
        using var recording = RecordCommits(database, threads);
        var sent = 0;
        await Until.TrueAsync(
            async () =>
            {
                var stored = database.Database.AppendAsync(Notification($"alone-{sent++}"));
                var storedByCaller = threads.Any(thread => thread != WriterThread);
                (await stored).Result.ShouldBe(AppendResult.Stored);
                return storedByCaller;
            },
            "a delivery is stored on the calling thread"
        );
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

    private static IDisposable RecordCommits(TestDatabase database, ConcurrentQueue<string?> threads) =>
        database.Meters.Listen(
            "notificationhub.storage.commit.duration",
            () => threads.Enqueue(Thread.CurrentThread.Name)
        );
}
