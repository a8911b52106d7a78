using System.Security.Cryptography;
using System.Text;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>A failure after the commit is not reported as a failed commit.</summary>
public sealed class AfterCommitTests
{
    [Fact]
    public async Task A_throwing_metrics_listener_does_not_cause_a_second_write()
    {
        await using var database = await TestDatabase.OpenAsync();
        using var listener = database.Meters.Listen(
            "notificationhub.storage.commit.duration",
            () => throw new InvalidOperationException("as intended")
        );

        for (var i = 0; i < 20; i++)
        {
            var work = database.ExecuteAsync(
                $"insert into log_cursor (name, position, last_progress_at) values ('{i}', 0, 0)"
            );
            var notification = await database.Database.AppendAsync(Notification($"n-{i}"));
            await work;
            notification.Result.ShouldBe(AppendResult.Stored);
        }

        (await database.ScalarAsync<long>("select count(*) from notification_log")).ShouldBe(20);
        (await database.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(20);
    }

    [Fact]
    public async Task A_throwing_callback_fails_no_transaction_and_no_other_callback()
    {
        await using var database = await TestDatabase.OpenAsync();
        var called = false;

        var written = await database.Database.WriteAsync(
            async transaction =>
            {
                transaction.OnCommit(() => throw new InvalidOperationException("as intended"));
                transaction.OnCommit(() => called = true);
                return await transaction.ExecuteAsync(
                    "insert into log_cursor (name, position, last_progress_at) values ('a', 0, 0)"
                );
            },
            CancellationToken.None
        );

        (written, called).ShouldBe((1, true));
        (await database.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(1);
    }

    [Fact]
    public async Task A_failing_signal_does_not_stop_the_writer()
    {
        await using var database = await TestDatabase.OpenAsync();
        var called = false;

        await database.Database.WriteAsync(
            async transaction =>
            {
                transaction.OnCommit((Signal)null!);
                transaction.OnCommit(() => called = true);
                await transaction.ExecuteAsync(
                    "insert into log_cursor (name, position, last_progress_at) values ('a', 0, 0)"
                );
            },
            CancellationToken.None
        );

        called.ShouldBeTrue();
        (await database.Database.AppendAsync(Notification("n-1"))).Result.ShouldBe(AppendResult.Stored);
        (await database.ScalarAsync<long>("select count(*) from log_cursor")).ShouldBe(1);
    }

    [Fact]
    public async Task Stored_notifications_are_confirmed_even_if_their_signal_fails()
    {
        var notification = Notification("n-1");

        AppendCompletion.Complete([notification], [new AppendOutcome(AppendResult.Stored, 7)], null!);

        (await notification.Task).Seq.ShouldBe(7);
    }

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
}
