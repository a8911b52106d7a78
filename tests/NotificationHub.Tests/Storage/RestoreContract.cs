using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Maintenance;

namespace NotificationHub.Tests.Storage;

public abstract class RestoreContract : LogStateContract
{
    /// <summary>Far more than the rows after the backup.</summary>
    private const long Lost = 1_000_000;

    [Theory]
    [InlineData(LogState.NeverUsed)]
    [InlineData(LogState.InUse)]
    [InlineData(LogState.Pruned)]
    [InlineData(LogState.Truncated)]
    public async Task Both_logs_continue_in_a_new_epoch_far_beyond_used_sequences(LogState state)
    {
        var last = await FillAsync(Database, state);

        var outcome = await RestoreAsync();

        outcome.Epoch.ShouldBe(2);
        (await AppendToBothAsync(outcome)).ShouldBeFarBehind(last);
    }

    [Theory]
    [InlineData(LogState.NeverUsed)]
    [InlineData(LogState.InUse)]
    [InlineData(LogState.Pruned)]
    public async Task A_second_restore_continues_beyond_the_first(LogState state)
    {
        await FillAsync(Database, state);
        var first = await RestoreAsync();
        var unused = await RestoreAsync();
        var used = await AppendToBothAsync(unused);

        var third = await RestoreAsync();

        new[] { first.Epoch, unused.Epoch, third.Epoch }.ShouldBe([2L, 3L, 4L]);
        unused.FirstEvent.ShouldBeGreaterThanOrEqualTo(first.FirstEvent);
        (await AppendToBothAsync(third)).ShouldBeFarBehind((used.Notification, used.Event));
    }

    [Fact]
    public async Task A_restore_continues_beyond_an_earlier_restore_from_the_same_backup()
    {
        await FillAsync(Database, LogState.InUse);
        var now = await Database.WriteAsync(transaction => transaction.NowAsync(), CancellationToken.None);

        var outcome = await RestoreAsync();

        outcome.FirstEvent.ShouldBeGreaterThan(now.ToStored() * 1_000, "a later restore starts after all earlier rows");
    }

    [Fact]
    public async Task Repeated_restores_stay_near_the_clock_so_that_an_older_backup_exceeds_them()
    {
        await FillAsync(Database, LogState.InUse);
        await RestoreAsync();

        var second = await RestoreAsync();

        var now = await Database.WriteAsync(transaction => transaction.NowAsync(), CancellationToken.None);
        second.FirstEvent.ShouldBeLessThan(now.AddMinutes(5).ToStored() * 1_000);
    }

    [Fact]
    public async Task Rows_of_the_backup_keep_their_epoch()
    {
        var last = await FillAsync(Database, LogState.InUse);

        await RestoreAsync();

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await EventLog.FindAsync(connection, last.Event)).ShouldNotBeNull().Epoch.ShouldBe(1);
    }

    [Fact]
    public async Task Earlier_owners_commit_nothing_and_their_leases_are_free_at_once()
    {
        using var before = NewKeeper();
        using var after = NewKeeper();
        using var lease = (await before.TryAcquireAsync("stage", CancellationToken.None)).ShouldNotBeNull();

        await RestoreAsync();

        await Should.ThrowAsync<LeaseLostException>(() => WriteAsync(transaction => lease.EnsureAsync(transaction)));
        using var next = (await after.TryAcquireAsync("stage", CancellationToken.None)).ShouldNotBeNull();
        next.FencingToken.ShouldBeGreaterThan(
            lease.FencingToken + 1_000,
            "an owner may have a higher fencing token than the backup"
        );
    }

    [Fact]
    public async Task All_checks_at_Apple_are_due_and_replicas_reload_locations()
    {
        await Test.ExecuteAsync("insert into location_check (location_id, due_at) values ('north', 99999999999999)");
        await Test.ExecuteAsync(
            """
            insert into full_sync
                (location_id, kind, purpose, phase, due_at, undisturbed, restarts, pages, records, drifts, attempts, created_at)
            values ('north', 'asset', 'reconcile', 'waiting', 99999999999999, 0, 0, 0, 0, 0, 0, 0)
            """
        );
        await Test.ExecuteAsync(
            """
            insert into operation
                (event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls)
            values ('e-1', 'north', 'running', 0, 0, 0, 0, 0, 0, 99999999999999, 0)
            """
        );
        const string Version = "select value from change_counter where name = 'locations'";
        var version = await Test.ScalarAsync<long>(Version);

        await RestoreAsync();

        (await Test.ScalarAsync<long>("select due_at from location_check")).ShouldBeLessThan(99_999_999_999_999);
        (await Test.ScalarAsync<long>("select due_at from full_sync")).ShouldBeLessThan(99_999_999_999_999);
        (await Test.ScalarAsync<long>("select due_at from operation")).ShouldBeLessThan(99_999_999_999_999);
        (await Test.ScalarAsync<long>(Version)).ShouldBeGreaterThan(version);
        (await Test.ScalarAsync<string>("select action from audit_entry")).ShouldBe("migrate --after-restore");
    }

    [Fact]
    public async Task A_replica_last_seen_years_in_the_future_is_not_running()
    {
        await FillAsync(Database, LogState.InUse);
        await Test.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values ('ahead', 0, 99999999999999)"
        );

        await RestoreAsync();

        (await Test.ScalarAsync<long>("select max(epoch) from log_epoch")).ShouldBe(2);
    }

    [Fact]
    public async Task Nothing_is_changed_while_a_hub_is_running()
    {
        await FillAsync(Database, LogState.InUse);
        await Test.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values ('running', 0, @soon)",
            new { soon = TimeProvider.System.GetUtcNow().AddMinutes(5).ToUnixTimeMilliseconds() }
        );

        var refusal = await Should.ThrowAsync<DatabaseOpenException>(RestoreAsync);

        refusal.Message.ShouldContain("running");
        (await Test.ScalarAsync<long>("select max(epoch) from log_epoch")).ShouldBe(1);
        (await PostAsync(Database)).ShouldBeLessThan(Lost);
    }

    private Task<RestoreOutcome> RestoreAsync() =>
        new RestoreRecovery(Database).RunAsync(TestActor.Operator, CancellationToken.None);

    /// <summary>Appends to both logs; all rows must be in the current epoch.</summary>
    private async Task<FirstSeqs> AppendToBothAsync(RestoreOutcome outcome)
    {
        var next = new FirstSeqs(await PostAsync(Database), await AppendEventAsync(Database));
        next.Notification.ShouldBeGreaterThanOrEqualTo(await FromAsync("notification", outcome.Epoch));
        next.Event.ShouldBeGreaterThanOrEqualTo(await FromAsync("event", outcome.Epoch));
        next.Event.ShouldBeGreaterThanOrEqualTo(outcome.FirstEvent);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await EventLog.FindAsync(connection, next.Event)).ShouldNotBeNull().Epoch.ShouldBe(outcome.Epoch);
        return next;
    }

    private async Task<long> FromAsync(string log, long epoch) =>
        await Test.ScalarAsync<long?>(
            "select from_seq from log_epoch where log = @log and epoch = @epoch",
            new { log, epoch }
        ) ?? throw new InvalidOperationException($"The {log} log has no epoch {epoch}.");

    private LeaseKeeper NewKeeper() =>
        new(Database, Options.Create(Test.Options), TimeProvider.System, NullLogger<LeaseKeeper>.Instance);

    private sealed record FirstSeqs(long Notification, long Event)
    {
        public void ShouldBeFarBehind((long Notification, long Event) last)
        {
            Notification.ShouldBeGreaterThan(last.Notification + Lost);
            Event.ShouldBeGreaterThan(last.Event + Lost);
        }
    }
}

public sealed class SqliteRestoreTests : RestoreContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerRestoreTests : RestoreContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
