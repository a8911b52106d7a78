using System.Security.Cryptography;
using System.Text;
using NotificationHub.Intake;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Tests.Storage;

/// <summary>On SQLite, a repeat is recognized among the last notifications, whichever process has stored them.</summary>
public sealed class DeduplicationWindowTests
{
    private const int Window = 8;

    [Fact]
    public async Task A_repeat_is_recognized_after_a_restart()
    {
        await using var test = await TestDatabase.OpenAsync();
        var first = await test.Database.AppendAsync(Notification("n-1"));
        await test.Database.DisposeAsync();

        var restarted = await test.OpenAnotherAsync();

        (await restarted.AppendAsync(Notification("n-1"))).ShouldBe(
            new AppendOutcome(AppendResult.Duplicate, first.Seq)
        );
        (await restarted.AppendAsync(Notification("n-1", "{\"other\":1}"))).Result.ShouldBe(
            AppendResult.StoredAsConflict
        );
    }

    [Fact]
    public async Task A_repeat_is_recognized_by_another_process()
    {
        await using var test = await TestDatabase.OpenAsync();
        Database[] processes = [test.Database, await test.OpenAnotherAsync()];
        List<long> seqs = [];
        for (var number = 0; number < 20; number++)
        {
            seqs.Add((await processes[number % 2].AppendAsync(Notification($"n-{number}"))).Seq);
        }

        for (var number = 0; number < 20; number++)
        {
            (await processes[1 - (number % 2)].AppendAsync(Notification($"n-{number}"))).ShouldBe(
                new AppendOutcome(AppendResult.Duplicate, seqs[number])
            );
        }
    }

    [Fact]
    public async Task A_repeat_that_is_older_than_the_window_is_stored_again()
    {
        await using var test = await TestDatabase.OpenAsync(options => options.DeduplicationWindow = Window);
        for (var number = 0; number < Window + 1; number++)
        {
            await test.Database.AppendAsync(Notification($"n-{number}"));
        }

        (await test.Database.AppendAsync(Notification("n-1"))).Result.ShouldBe(AppendResult.Duplicate);
        (await test.Database.AppendAsync(Notification("n-0"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task A_restart_reads_only_the_window()
    {
        await using var test = await TestDatabase.OpenAsync();
        for (var number = 0; number < Window + 1; number++)
        {
            await test.Database.AppendAsync(Notification($"n-{number}"));
        }

        var restarted = await test.OpenAnotherAsync(options => options.DeduplicationWindow = Window);

        (await restarted.AppendAsync(Notification("n-1"))).Result.ShouldBe(AppendResult.Duplicate);
        (await restarted.AppendAsync(Notification("n-0"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task A_notification_that_was_deleted_is_new()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.Database.AppendAsync(Notification("n-1"));
        await test.ExecuteAsync("delete from notification_log");

        (await test.Database.AppendAsync(Notification("n-1"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task A_notification_whose_commit_failed_is_new_when_Apple_sends_it_again()
    {
        await using var test = await TestDatabase.OpenAsync();
        await test.Database.AppendAsync(Notification("n-0"));
        await test.ExecuteAsync("pragma max_page_count = 1");
        var big = $$"""{"text":"{{new string('x', 1_000_000)}}"}""";
        await Should.ThrowAsync<StorageUnavailableException>(test.Database.AppendAsync(Notification("n-1", big)));
        await test.ExecuteAsync("pragma max_page_count = 1000000");

        (await test.Database.AppendAsync(Notification("n-1", big))).Result.ShouldBe(AppendResult.Stored);
        (await test.Database.AppendAsync(Notification("n-0"))).Result.ShouldBe(AppendResult.Duplicate);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1024)]
    [InlineData(3000)]
    public void The_hashes_of_the_window_are_found_and_no_others(int capacity)
    {
        var random = new Random(capacity);
        var recent = new RecentHashes(capacity);
        List<(long Seq, long Hash)> all = [];
        var lost = 0;
        for (var step = 0; step < 20_000; step++)
        {
            if (random.Next(20) == 0)
            {
                // What was overwritten is lost, even if the overwriting notifications are rolled back.
                lost = Math.Max(lost, all.Count - capacity);
                var kept = Math.Max(lost, all.Count - random.Next(5));
                recent.RemoveAfter(kept == 0 ? 0 : all[kept - 1].Seq);
                all.RemoveRange(kept, all.Count - kept);
            }

            var seq = (all.Count == 0 ? 0 : all[^1].Seq) + 1 + random.Next(3);
            var hash = (long)random.Next(capacity) * 7919;
            all.Add((seq, hash));
            recent.Add(seq, hash);

            var sought = (long)random.Next(capacity) * 7919;
            var window = all.Skip(Math.Max(lost, all.Count - capacity)).Where(entry => entry.Hash == sought).ToList();
            var before = long.MaxValue;
            for (var index = window.Count - 1; index >= 0; index--)
            {
                recent.Find(sought, before).ShouldBe(window[index].Seq);
                before = window[index].Seq;
            }

            recent.Find(sought, before).ShouldBeNull();
        }
    }

    private static NotificationAppend Notification(string id, string body = "{}")
    {
        var location = "location-1"u8.ToArray();
        return new NotificationAppend
        {
            LocationId = location,
            DedupHash = IntakeEndpoint.DedupHash(location, Encoding.UTF8.GetBytes(id)),
            NotificationId = Encoding.UTF8.GetBytes(id),
            Body = Encoding.UTF8.GetBytes(body),
            BodySha256 = SHA256.HashData(Encoding.UTF8.GetBytes(body)),
            ReceivedAt = DateTimeOffset.UnixEpoch,
        };
    }
}
