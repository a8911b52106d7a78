using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Refetch;
using NotificationHub.Refetch.Targets;
using NotificationHub.Retention;
using NotificationHub.Snapshots;

namespace NotificationHub.Tests.Storage;

/// <summary>Work that was scheduled while a clock was years ahead must not wait for years.</summary>
public abstract class DueTimesContract : StoreContract
{
    private const string Here = "location-1";
    private static readonly TimeSpan Years = TimeSpan.FromDays(3650);

    private readonly FakeTimeProvider clock = new();
    private readonly RefetchOptions refetch = new();
    private readonly FullSyncOptions fullSync = new();

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    [Fact]
    public async Task A_target_with_a_future_due_time_is_due()
    {
        await RequestAsync("ahead", Years);
        await RequestAsync("in-time", TimeSpan.Zero);
        var inTime = await DueAsync("in-time");

        (await RepairAsync()).ShouldBe(1);

        (await DueAsync("ahead")).ShouldBe(Now);
        (await DueAsync("in-time")).ShouldBe(inTime);
        (
            await Test.ScalarAsync<long>(
                "select count(*) from refetch_target where first_requested_at > @Now or last_requested_at > @Now",
                new { Now }
            )
        ).ShouldBe(0, "a future time would prevent the end of a burst");
        (await RepairAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_failed_target_keeps_the_longest_pause_that_Apple_may_request()
    {
        foreach (var (key, days) in new[] { ("requested", 1), ("ahead", 2) })
        {
            await RequestAsync(key, TimeSpan.Zero);
            await Test.ExecuteAsync(
                """update refetch_target set attempts = 3, due_at = @dueAt where "key" = @key""",
                new { key, dueAt = In(TimeSpan.FromDays(days)) }
            );
        }

        (await RepairAsync()).ShouldBe(1);

        (await DueAsync("requested")).ShouldBe(In(TimeSpan.FromDays(1)));
        (await DueAsync("ahead")).ShouldBe(Now);
    }

    [Fact]
    public async Task A_full_sync_is_due_no_later_than_its_interval_allows()
    {
        await WriteAsync(transaction => FullSyncStore.CreateAsync(transaction, Here, At(Now)));
        await SetAsync("update full_sync set due_at = @dueAt where kind = 'asset'", TimeSpan.FromHours(26));
        await SetAsync("update full_sync set due_at = @dueAt where kind = 'user'", Years);
        await SetAsync("update full_sync set due_at = @dueAt where kind = 'subscription'", TimeSpan.FromHours(26));

        (await RepairAsync()).ShouldBe(2);

        (
            await Test.QueryAsync<string>("select kind from full_sync where due_at = @Now order by kind", new { Now })
        ).ShouldBe(["subscription", "user"]);
    }

    [Fact]
    public async Task Without_reconciliation_the_weekly_read_of_users_is_due_within_a_week()
    {
        fullSync.Interval = TimeSpan.Zero;
        await WriteAsync(transaction => FullSyncStore.CreateAsync(transaction, Here, At(Now)));
        await SetAsync("update full_sync set due_at = @dueAt where kind = 'user'", TimeSpan.FromDays(7));
        (await RepairAsync()).ShouldBe(0);

        await SetAsync("update full_sync set due_at = @dueAt where kind = 'user'", TimeSpan.FromDays(8));
        (await RepairAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task Checks_pauses_and_operations_are_due_within_their_longest_intervals()
    {
        await Test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, read_number, created_at, paused_until)
            values (@Here, 'valid', 0, 0, 0, 0, @dueAt)
            """,
            new { Here, dueAt = In(Years) }
        );
        await SetAsync("insert into location_check (location_id, due_at) values ('location-1', @dueAt)", Years);
        foreach (var (id, deferred, days) in new[] { ("e-1", 0, 0.5), ("e-2", 1, 0.5), ("e-3", 1, 2.0) })
        {
            await Test.ExecuteAsync(
                """
                insert into operation
                (
                    event_id, location_id, state, deferred, started_at, notifications, succeeded, failed, counted, due_at, polls
                )
                values (@id, @Here, 'open', @deferred, 0, 0, 0, 0, 0, @dueAt, 0)
                """,
                new
                {
                    id,
                    Here,
                    deferred,
                    dueAt = In(TimeSpan.FromDays(days)),
                }
            );
        }

        (await RepairAsync()).ShouldBe(4);

        (await Test.ScalarAsync<long?>("select paused_until from location")).ShouldBeNull();
        (await Test.ScalarAsync<long>("select due_at from location_check")).ShouldBe(Now);
        (
            await Test.QueryAsync<string>("select event_id from operation where due_at = @Now order by 1", new { Now })
        ).ShouldBe(["e-1", "e-3"]);
    }

    [Fact]
    public async Task Many_rows_with_future_due_times_are_corrected()
    {
        for (var i = 0; i < 250; i++)
        {
            await RequestAsync($"ahead-{i}", Years);
        }

        (await RepairAsync()).ShouldBe(250);
    }

    private long In(TimeSpan span) => Now + (long)span.TotalMilliseconds;

    private Task SetAsync(string sql, TimeSpan span) => Test.ExecuteAsync(sql, new { dueAt = In(span) });

    private Task RequestAsync(string key, TimeSpan ahead) =>
        WriteAsync(transaction =>
            new RefetchTargets(
                new RefetchTiming(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(4))
            ).RequestAsync(transaction, [new MergedRequest(Here, RecordKind.Asset, key)], At(In(ahead)))
        );

    private Task<long> DueAsync(string key) =>
        Test.ScalarAsync<long>("""select due_at from refetch_target where "key" = @key""", new { key });

    private async Task<int> RepairAsync()
    {
        using var leases = Test.CreateLeases();
        using var lease = (await leases.TryAcquireAsync("retention", CancellationToken.None)).ShouldNotBeNull();
        var dueTimes = new DueTimes(
            Database,
            Options.Create(refetch),
            Options.Create(fullSync),
            Options.Create(new LocationOptions()),
            clock,
            NullLogger<DueTimes>.Instance
        );
        try
        {
            return await dueTimes.RepairAsync(lease, CancellationToken.None);
        }
        finally
        {
            await leases.ReleaseAsync(lease, CancellationToken.None);
        }
    }
}

public sealed class SqliteDueTimesTests : DueTimesContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerDueTimesTests : DueTimesContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
