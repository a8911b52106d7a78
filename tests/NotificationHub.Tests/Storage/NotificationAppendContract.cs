using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class NotificationAppendContract : StoreContract
{
    [Fact]
    public async Task A_repeated_notification_is_stored_once()
    {
        var first = await Database.AppendAsync(Notification("a"));
        var second = await Database.AppendAsync(Notification("a"));

        first.Result.ShouldBe(AppendResult.Stored);
        second.ShouldBe(new AppendOutcome(AppendResult.Duplicate, first.Seq));
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Exactly_one_of_many_concurrent_repetitions_is_stored()
    {
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(_ => Database.AppendAsync(Notification("a")))
        );

        outcomes.Count(outcome => outcome.Result == AppendResult.Stored).ShouldBe(1);
        outcomes.Select(outcome => outcome.Seq).Distinct().Count().ShouldBe(1);
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_id_with_another_body_is_stored_and_flagged()
    {
        await Database.AppendAsync(Notification("a", """{"one":1}"""));
        var second = await Database.AppendAsync(Notification("a", """{"two":2}"""));
        var repeat = await Database.AppendAsync(Notification("a", """{"two":2}"""));

        second.Result.ShouldBe(AppendResult.StoredAsConflict);
        repeat.ShouldBe(new AppendOutcome(AppendResult.Duplicate, second.Seq));
        (await Test.QueryAsync<long>("select conflict from notification_log order by seq")).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task The_same_id_at_two_locations_is_two_notifications()
    {
        await Database.AppendAsync(Notification("a"));

        (await Database.AppendAsync(Notification("a", location: "location-2"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task Two_ids_that_share_a_hash_are_two_notifications()
    {
        await Database.AppendAsync(Notification("a1"));

        (await Database.AppendAsync(Notification("a2"))).Result.ShouldBe(AppendResult.Stored);
        (await Database.AppendAsync(Notification("a1"))).Result.ShouldBe(AppendResult.Duplicate);
    }

    [Fact]
    public async Task Rejected_notifications_over_the_quota_are_not_stored()
    {
        var outcomes = new List<AppendResult>();
        foreach (var id in (string[])["a", "b", "c"])
        {
            var notification = Notification(id, disposition: Disposition.Rejected, quota: 2);
            outcomes.Add((await Database.AppendAsync(notification)).Result);
        }

        outcomes.ShouldBe([AppendResult.Stored, AppendResult.Stored, AppendResult.OverQuota]);
        var elsewhere = Notification("d", location: "location-2", disposition: Disposition.Rejected, quota: 2);
        (await Database.AppendAsync(elsewhere)).Result.ShouldBe(AppendResult.Stored);
        (await Database.AppendAsync(Notification("e"))).Result.ShouldBe(AppendResult.Stored);
    }

    [Fact]
    public async Task Appended_notifications_are_read_unchanged_and_in_order()
    {
        await Database.AppendAsync(Notification("a", """{ "first":  "ä" }"""));
        await Database.AppendAsync(Notification("b", "second"));

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var page = await NotificationLog.ReadPageAsync(connection, after: 0, limit: 10, CancellationToken.None);

        page.Select(entry => System.Text.Encoding.UTF8.GetString(entry.Body))
            .ShouldBe(["""{ "first":  "ä" }""", "second"]);
        page.Select(entry => entry.NotificationId).ShouldBe(["a", "b"]);
        (await NotificationLog.ReadPageAsync(connection, after: page[0].Seq, limit: 10, CancellationToken.None))
            .Select(entry => entry.Seq)
            .ShouldBe([page[1].Seq]);
    }

    [Fact]
    public async Task A_page_and_a_single_read_return_the_same_notification()
    {
        await Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = "location-1"u8.ToArray(),
                DedupHash = 'a',
                NotificationId = "a"u8.ToArray(),
                NotificationType = "ASSET_COUNT"u8.ToArray(),
                UId = "1"u8.ToArray(),
                Body = "{}"u8.ToArray(),
                BodySha256 = new byte[32],
                ReceivedAt = At(7),
                RemoteAddress = "192.0.2.1",
                UserAgent = "agent",
                ContentType = "application/json; charset=utf-8",
                Traceparent = "00-0",
                Disposition = Disposition.Quarantined,
                Error = "error",
            }
        );
        await Database.AppendAsync(Notification("a", "conflicting"));

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        foreach (
            var entry in await NotificationLog.ReadPageAsync(connection, after: 0, limit: 10, CancellationToken.None)
        )
        {
            entry.ShouldBeEquivalentTo(await NotificationLog.FindAsync(connection, entry.Seq));
        }
    }

    [Fact]
    public async Task A_seq_is_not_reused_after_the_end_of_the_log_was_deleted()
    {
        await Database.AppendAsync(Notification("a"));
        var pruned = await Database.AppendAsync(Notification("b"));
        await Test.ExecuteAsync("delete from notification_log where seq = @Seq", new { pruned.Seq });

        (await Database.AppendAsync(Notification("c"))).Seq.ShouldBeGreaterThan(pruned.Seq);
    }

    [Theory]
    [InlineData("delete from notification_log where seq >= 2", null)]
    [InlineData("delete from notification_log where seq = 3", "delete from notification_log where seq = 2")]
    [InlineData("delete from notification_log where seq = 2", "delete from notification_log where seq <> 2")]
    public async Task A_seq_is_not_reused_by_another_process_after_the_end_of_the_log_was_deleted(
        string first,
        string? second
    )
    {
        await Database.AppendAsync(Notification("a"));
        await Database.AppendAsync(Notification("b"));
        var last = await Database.AppendAsync(Notification("c"));
        await Test.ExecuteAsync(first);
        if (second is not null)
        {
            await Test.ExecuteAsync(second);
        }

        var other = await Test.OpenAnotherAsync();
        var next = await other.AppendAsync(Notification("d"));

        next.Seq.ShouldBeGreaterThan(last.Seq);
        (await Database.AppendAsync(Notification("e"))).Seq.ShouldBeGreaterThan(next.Seq);
    }

    [Fact]
    public async Task A_commit_of_notifications_wakes_the_router()
    {
        var woken = Database.Signals.NotificationsAppended.Next;

        await Database.AppendAsync(Notification("a"));

        woken.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Duplicates_and_conflicts_are_detected_within_a_batch_as_in_the_log()
    {
        var known = await Database.AppendAsync(Notification("a", "one"));

        var outcomes = await Task.WhenAll(
            await Test.AppendBatchAsync(
                Notification("a", "one"),
                Notification("a", "two"),
                Notification("b", "one"),
                Notification("a", "two"),
                Notification("b", "two"),
                Notification("b", "one")
            )
        );

        outcomes[0].ShouldBe(new AppendOutcome(AppendResult.Duplicate, known.Seq));
        outcomes
            .Select(outcome => outcome.Result)
            .ShouldBe([
                AppendResult.Duplicate,
                AppendResult.StoredAsConflict,
                AppendResult.Stored,
                AppendResult.Duplicate,
                AppendResult.StoredAsConflict,
                AppendResult.Duplicate,
            ]);
        outcomes[3].Seq.ShouldBe(outcomes[1].Seq);
        outcomes[5].Seq.ShouldBe(outcomes[2].Seq);
        (await Test.QueryAsync<long>("select seq from notification_log order by seq")).ShouldBe([
            known.Seq,
            outcomes[1].Seq,
            outcomes[2].Seq,
            outcomes[4].Seq,
        ]);
    }

    [Fact]
    public async Task The_quota_applies_within_a_batch()
    {
        var notifications = Enumerable
            .Range(0, 20)
            .Select(i => Notification("", $"no JSON {i}", disposition: Disposition.Rejected, quota: 3));

        var outcomes = await Task.WhenAll(await Test.AppendBatchAsync(notifications));

        outcomes.Count(outcome => outcome.Result == AppendResult.Stored).ShouldBe(3);
        outcomes.Count(outcome => outcome is { Result: AppendResult.OverQuota, Seq: 0 }).ShouldBe(17);
        (await CountAsync()).ShouldBe(3);
    }

    [Fact]
    public async Task Notifications_without_an_id_are_compared_by_body_and_do_not_conflict()
    {
        var first = await Database.AppendAsync(Notification("", "one", disposition: Disposition.Rejected));
        var second = await Database.AppendAsync(Notification("", "two", disposition: Disposition.Rejected));
        var again = await Database.AppendAsync(Notification("", "one", disposition: Disposition.Rejected));

        second.Result.ShouldBe(AppendResult.Stored);
        again.ShouldBe(new AppendOutcome(AppendResult.Duplicate, first.Seq));
        (await Test.QueryAsync<string?>("select notification_id from notification_log")).ShouldAllBe(id => id == null);
    }

    private Task<long> CountAsync() => Test.ScalarAsync<long>("select count(*) from notification_log");
}

public sealed class SqliteNotificationAppendTests : NotificationAppendContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerNotificationAppendTests : NotificationAppendContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
