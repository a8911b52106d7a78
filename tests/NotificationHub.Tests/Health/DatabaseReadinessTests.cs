using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using NotificationHub.Health;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Health;

public sealed class DatabaseReadinessTests : IAsyncLifetime
{
    private readonly ManualClock clock = new();
    private readonly LogLines log = new();
    private TestDatabase store = null!;
    private DatabaseReadiness readiness = null!;

    public async ValueTask InitializeAsync()
    {
        store = await TestDatabase.OpenAsync(options => options.LockTimeout = TimeSpan.Zero);
        var leases = store.CreateLeases(clock);
        await store.ExecuteAsync(
            "insert into replica (replica_id, locations_version, seen_at) values (@Owner, 0, 0)",
            new { leases.Owner }
        );
        readiness = new DatabaseReadiness(
            store.Database,
            leases,
            clock,
            new Microsoft.Extensions.Logging.Logger<DatabaseReadiness>(
                new Microsoft.Extensions.Logging.LoggerFactory([log])
            )
        );
    }

    public async ValueTask DisposeAsync() => await store.DisposeAsync();

    [Fact]
    public async Task A_result_is_cached_for_one_second()
    {
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);
        await using var other = await LockAsync();

        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);

        clock.Advance(TimeSpan.FromMilliseconds(1));
        (await CheckAsync()).ShouldBe(HealthStatus.Unhealthy);
    }

    [Fact]
    public async Task A_loss_of_readiness_and_its_end_are_logged_once_each()
    {
        var other = await LockAsync();
        for (var n = 0; n < 3; n++)
        {
            (await CheckAsync()).ShouldBe(HealthStatus.Unhealthy);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        await other.DisposeAsync();
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);

        log.Text.Split('\n').Length.ShouldBe(2, log.Text);
        log.Text.ShouldContain("Not ready");
        log.Text.ShouldContain("Ready again");
    }

    [Fact]
    public async Task A_database_that_does_not_respond_within_two_seconds_is_not_ready()
    {
        var release = new TaskCompletionSource();
        var holding = store.Database.WriteAsync(_ => release.Task, CancellationToken.None);
        var checking = CheckAsync();
        await clock.TimersPending();

        clock.Advance(TimeSpan.FromSeconds(2));

        (await checking).ShouldBe(HealthStatus.Unhealthy);
        release.SetResult();
        await holding;
        clock.Advance(TimeSpan.FromSeconds(1));
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);
    }

    [Fact]
    public async Task A_full_database_is_not_ready_even_if_existing_rows_can_be_updated()
    {
        await store.ExecuteAsync("pragma max_page_count = 1");

        (await CheckAsync()).ShouldBe(HealthStatus.Unhealthy);
        log.Text.ShouldContain("database or disk is full");
        await store.ExecuteAsync("update replica set seen_at = seen_at");

        await store.ExecuteAsync("pragma max_page_count = 1000000");
        clock.Advance(TimeSpan.FromSeconds(1));
        (await CheckAsync()).ShouldBe(HealthStatus.Healthy);
        (await store.ScalarAsync<long>("select count(*) from snapshot")).ShouldBe(0, "the check leaves no row");
    }

    private async Task<HealthStatus> CheckAsync() =>
        (await readiness.CheckHealthAsync(new HealthCheckContext(), CancellationToken.None)).Status;

    private async Task<SqliteConnection> LockAsync()
    {
        var other = new SqliteConnection($"Data Source={store.File};Pooling=False");
        await other.OpenAsync();
        await other.ExecuteAsync("begin immediate");
        return other;
    }
}
