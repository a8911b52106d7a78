using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class RefetchTargetsContract : StoreContract
{
    private static readonly RefetchTiming Timing = new(
        TimeSpan.FromSeconds(2),
        TimeSpan.FromSeconds(15),
        TimeSpan.FromMinutes(4)
    );

    [Fact]
    public async Task A_new_target_is_due_after_the_quiet_period()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"));

        (await TargetsAsync()).ShouldBe([("1/STDQ", 1L, 3_000L)]);
    }

    [Fact]
    public async Task Requesting_a_pending_target_again_raises_its_generation_and_postpones_it_up_to_the_maximum_wait()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"));
        await RequestAsync(now: 2_500, Asset("1/STDQ"));
        (await TargetsAsync()).ShouldBe([("1/STDQ", 2L, 4_500L)]);

        await RequestAsync(now: 15_500, Asset("1/STDQ"));

        (await TargetsAsync()).ShouldBe([("1/STDQ", 3L, 16_000L)]);
    }

    [Fact]
    public async Task Named_holders_are_merged_until_there_are_too_many_and_then_all_are_read()
    {
        await RequestAsync(now: 1, [.. Enumerable.Range(1, 300).Select(i => Holder($"serial:{i}"))]);
        await RequestAsync(now: 2, [.. Enumerable.Range(201, 300).Select(i => Holder($"serial:{i}"))]);
        var holders = await HoldersAsync();
        holders.ShouldNotBeNull();
        TargetHolders.Parse(holders).Count.ShouldBe(RefetchTargets.MaxHolders);

        await RequestAsync(now: 3, Holder("user:one-too-many"));

        (await HoldersAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_completed_target_starts_with_the_holders_of_the_new_request_only()
    {
        await RequestAsync(now: 1, Holder("serial:1"));
        await Test.ExecuteAsync("update refetch_target set fetched = requested, read_at = 2");

        await RequestAsync(now: 3, Holder("serial:2"));

        (await HoldersAsync()).ShouldBe("""["serial:2"]""");
    }

    [Fact]
    public async Task A_failed_target_is_due_within_the_usual_waits_of_a_new_request()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"));
        await FailAsync(now: 3_000, dueAt: 3_600_000);

        await RequestAsync(now: 100_000, Asset("1/STDQ"));
        (await TargetsAsync()).ShouldBe([("1/STDQ", 2L, 122_500L)]);
        await RequestAsync(now: 120_000, Asset("1/STDQ"));
        (await TargetsAsync()).ShouldBe([("1/STDQ", 3L, 142_500L)]);
        await RequestAsync(now: 140_000, Asset("1/STDQ"));

        (await TargetsAsync()).ShouldBe([("1/STDQ", 4L, 145_000L)], "no request delays it beyond the maximum wait");
    }

    [Fact]
    public async Task A_read_that_keeps_failing_is_not_repeated_for_each_request()
    {
        var reads = 0;
        for (var now = 0L; now < 3_600_000; now += 1_000)
        {
            await RequestAsync(now, Asset("1/STDQ"));
            if (await DueAsync(now) is [_])
            {
                reads++;
                await FailAsync(now, now + 3_600_000);
            }
        }

        // After fifteen seconds, then every four minutes.
        reads.ShouldBeInRange(14, 20);
    }

    [Fact]
    public async Task A_request_does_not_postpone_a_retry()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"));
        await FailAsync(now: 3_000, dueAt: 103_000);

        await RequestAsync(now: 102_000, Asset("1/STDQ"));

        (await TargetsAsync()).ShouldBe([("1/STDQ", 2L, 103_000L)]);
    }

    [Fact]
    public async Task A_request_during_a_failed_read_keeps_its_own_due_time()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"));
        var claimed = (await DueAsync(now: 3_000)).ShouldHaveSingleItem();
        await RequestAsync(now: 3_500, Asset("1/STDQ"));

        await WriteAsync(transaction => TargetStore.FailAsync(transaction, claimed, "fault", dueAt: At(3_600_000)));

        (await TargetsAsync()).ShouldBe([("1/STDQ", 2L, 5_500L)]);
    }

    [Fact]
    public async Task Keys_are_case_sensitive_and_equal_keys_do_not_fail_the_statement()
    {
        string[] keys = ["a", "A", "ä", "it's", "\"quoted\"", "a\ud83d\ude00"];
        // SQL Server stores only the first of the keys that differ in trailing spaces.
        await RequestAsync(now: 1_000, [.. keys.Append("a ").Append("a  ").Select(User)]);
        await RequestAsync(now: 1_500, [.. keys.Append("a ").Select(User)]);

        var targets = await TargetsAsync();

        foreach (var key in keys)
        {
            targets.Single(target => target.Key == key).ShouldBe((key, 2L, 3_500L));
        }
    }

    [Fact]
    public async Task A_target_that_is_requested_during_its_read_is_due_again()
    {
        var store = new TargetStore(Timing);
        await RequestAsync(now: 1_000, Asset("1/STDQ"), Asset("2/STDQ"));
        var claimed = await DueAsync(now: 3_000);
        claimed.Select(target => (target.Key, target.Requested)).ShouldBe([("1/STDQ", 1L), ("2/STDQ", 1L)]);
        await RequestAsync(now: 3_100, Asset("1/STDQ"));

        await WriteAsync(async transaction =>
        {
            foreach (var target in claimed)
            {
                await store.CompleteAsync(transaction, target, complete: true, now: At(3_200));
            }
        });

        var again = (await DueAsync(now: 1_000_000)).ShouldHaveSingleItem();
        (again.Key, again.Requested, again.Fetched, again.CompleteReadAt).ShouldBe(("1/STDQ", 2, 1, At(3_200)));
    }

    [Fact]
    public async Task A_failed_attempt_is_counted_and_postpones_the_target()
    {
        await RequestAsync(now: 1_000, Asset("1/STDQ"), User("u"));
        var claimed = (await DueAsync(now: 3_000)).First(target => target.Kind == RecordKind.Asset);

        await WriteAsync(transaction => TargetStore.FailAsync(transaction, claimed, "fault", dueAt: At(9_000)));

        (await DueAsync(now: 8_999)).ShouldNotContain(target => target.Key == "1/STDQ");
        (await DueAsync(now: 9_000)).First(target => target.Key == "1/STDQ").Attempts.ShouldBe(1);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        RecordKind[] kinds = [RecordKind.Asset, RecordKind.User];
        (await TargetStore.ReadPendingAsync(connection, "location-1", kinds))
            .ShouldHaveSingleItem()
            .Key.ShouldBe("u", "one that failed keeps to its pause");
    }

    [Fact]
    public async Task First_time_targets_wait_for_the_end_of_a_burst()
    {
        await RequestAsync(now: 1_000, [.. Enumerable.Range(1, 8).Select(i => Asset($"{i}/STDQ"))]);

        var waiting = await WriteAsync(transaction =>
            new TargetStore(Timing).PostponeInBurstAsync(transaction, "location-1", now: At(3_000))
        );

        // No target was requested in the previous quiet period.
        waiting.ShouldBe(0);
        await RequestAsync(now: 2_500, [.. Enumerable.Range(1, 8).Select(i => Asset($"{i}/PLUS"))]);
        (
            await WriteAsync(transaction =>
                new TargetStore(Timing).PostponeInBurstAsync(transaction, "location-1", now: At(3_000))
            )
        ).ShouldBe(8);
        (await DueAsync(now: 4_000)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_commit_of_a_request_wakes_the_refetch_stage()
    {
        var woken = Database.Signals.TargetsRequested.Next;

        await RequestAsync(now: 1, Asset("1/STDQ"));

        woken.IsCompleted.ShouldBeTrue();
    }

    private static MergedRequest Asset(string key) => new("location-1", RecordKind.Asset, key);

    private static MergedRequest User(string key) => new("location-1", RecordKind.User, key);

    private static MergedRequest Holder(string holder) => new("location-1", RecordKind.Assignment, "1/STDQ", holder);

    private Task RequestAsync(long now, params MergedRequest[] requests) =>
        WriteAsync(transaction => new RefetchTargets(Timing).RequestAsync(transaction, requests, At(now)));

    private Task<IReadOnlyList<(string Key, long Requested, long DueAt)>> TargetsAsync() =>
        Test.QueryAsync<(string, long, long)>("select \"key\", requested, due_at from refetch_target order by \"key\"");

    private async Task<IReadOnlyList<StoredTarget>> DueAsync(long now)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await TargetStore.ReadDueAsync(connection, "location-1", At(now));
    }

    private async Task FailAsync(long now, long dueAt)
    {
        var claimed = (await DueAsync(now)).ShouldHaveSingleItem();
        await WriteAsync(transaction => TargetStore.FailAsync(transaction, claimed, "fault", At(dueAt)));
    }

    private Task<string?> HoldersAsync() => Test.ScalarAsync<string>("select holders from refetch_target");
}

public sealed class SqliteRefetchTargetsTests : RefetchTargetsContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerRefetchTargetsTests : RefetchTargetsContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
