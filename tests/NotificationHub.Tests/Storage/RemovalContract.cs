using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Locations.Removal;

namespace NotificationHub.Tests.Storage;

/// <summary>The rows of a removed location.</summary>
public abstract class RemovalContract : StoreContract
{
    private const string Gone = "location-1";
    private const string Kept = "location-2";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var id in new[] { Gone, Kept })
        {
            await SaveAsync(id);
            await LocationRows.FillAsync(Database, id);
            var notification = await Database.AppendAsync(Notification("a", location: id));
            await AppendEventAsync(id, EventNames.NotificationTestReceived, notification.Seq);
            await Database.AppendAsync(Notification("b", location: id, disposition: Disposition.Quarantined));
            await AppendEventAsync(id, EventNames.LocationRemoved);
            await AppendEventAsync(id, EventNames.AssetChanged);
        }
    }

    [Fact]
    public async Task An_event_that_was_not_sent_yet_is_deleted_and_not_sent()
    {
        await Database.AppendEventsAsync(
            new NewEvent
            {
                Type = EventNames.AssetChanged,
                LocationId = Gone,
                Subject = "assets/unsent",
                Data = "{}"u8.ToArray(),
                CreatedAt = At(0),
            }
        );

        await new LocationDataDeletion(Database).RunAsync(Gone, everything: true, CancellationToken.None);

        var topic = new TopicLog("assets", Database, TimeProvider.System);
        var (_, page) = await topic.ReadNextPageAsync(CancellationToken.None);
        page.ShouldNotContain(entry => entry.Subject == "assets/unsent");
    }

    [Fact]
    public async Task All_data_of_the_location_is_deleted_and_no_data_of_another()
    {
        var kept = await LocationRows.CountAsync(Database, Kept);

        await EraseAsync(everything: true);

        (await LocationRows.CountAsync(Database, Kept)).ShouldBe(kept);
        (await EventsAsync(Gone)).ShouldBe([EventNames.LocationRemoved]);
        (await LocationRows.CountAsync(Database, Gone)).ShouldBe(2, "the location itself, and that it was removed");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_are_kept_until_every_stage_has_processed_them(bool isRouted)
    {
        await CursorAsync("publishing:hub", 1);
        await CursorAsync("publishing:assets", 1);
        if (isRouted)
        {
            await CursorAsync("routing", 1_000);
        }

        await EraseAsync(everything: false);

        // The first event, which belongs to the first notification, was sent.
        (await EventsAsync(Gone)).ShouldBe([EventNames.LocationRemoved, EventNames.AssetChanged]);
        (await NotificationsAsync(Gone)).ShouldBe(isRouted ? 0 : 2);
        (
            await Test.ScalarAsync<long>("select count(*) from snapshot where location_id = @Gone", new { Gone })
        ).ShouldBe(0);
    }

    [Fact]
    public async Task A_notification_stays_while_its_event_does()
    {
        await CursorAsync("publishing:hub", 0);
        await CursorAsync("routing", 1_000);

        await EraseAsync(everything: false);

        (await EventsAsync(Gone)).Count.ShouldBe(3);
        (await NotificationsAsync(Gone)).ShouldBe(2);
    }

    [Fact]
    public async Task The_dead_letter_of_an_event_is_deleted_with_it()
    {
        foreach (var id in new[] { Gone, Kept })
        {
            await Test.ExecuteAsync(
                """
                insert into dead_letter (event_seq, topic, state, reason, rejected_at)
                select min(seq), 'hub', 'open', 'odd', 0 from event_log where location_id = @id
                """,
                new { id }
            );
        }

        await EraseAsync(everything: true);

        (await Test.ScalarAsync<long>("select count(*) from dead_letter")).ShouldBe(1);
    }

    [Fact]
    public async Task A_repeated_removal_request_is_stored_once_and_withdraws_nothing()
    {
        foreach (
            var request in new[]
            {
                new RemoveRequest(Gone, DeleteData: true),
                new(Gone, SkipApple: true),
                new(Gone, NoRestore: true),
                new(Gone),
            }
        )
        {
            await WriteAsync(transaction => RemovalStore.BeginAsync(transaction, request));
        }

        var pending = (await PendingAsync()).ShouldHaveSingleItem();
        (pending.LocationId, pending.DeleteData, pending.SkipApple, pending.NoRestore).ShouldBe(
            (Gone, true, true, true)
        );
        (pending.DeletedAt, pending.RemovedAt).ShouldBe((null, null));
        await WriteAsync(transaction => RemovalStore.SetDeletedAsync(transaction, Gone, now: At(5)));
        await WriteAsync(transaction => LocationStore.SetRemovedAsync(transaction, Gone, reason: null, now: At(4)));
        (await PendingAsync()).Select(one => (one.DeletedAt, one.RemovedAt)).ShouldBe([(At(5), At(4))]);

        await WriteAsync(transaction => RemovalStore.EndAsync(transaction, Gone));

        (await PendingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task After_a_day_another_process_completes_the_removal_and_only_its_record_remains()
    {
        await WriteAsync(transaction => SecretStore.AddAsync(transaction, Gone, new byte[32], now: At(1)));
        await WriteAsync(transaction =>
            RemovalStore.BeginAsync(transaction, new RemoveRequest(Gone, DeleteData: true))
        );
        var now = await WriteAsync(transaction => transaction.NowAsync());
        await WriteAsync(transaction => LocationStore.SetRemovedAsync(transaction, Gone, reason: null, now: now));
        var kept = await LocationRows.CountAsync(Database, Kept);
        await using var hub = await ComposeAsync();

        await PassAsync(hub);
        (await PendingAsync()).ShouldHaveSingleItem().DeletedAt.ShouldNotBeNull();
        (await Test.ScalarAsync<long>("select count(*) from location")).ShouldBe(2);

        var aDayAgo = now - RemovalPass.LatePeriod;
        await WriteAsync(transaction => LocationStore.SetRemovedAsync(transaction, Gone, reason: null, now: aDayAgo));
        await PassAsync(hub);
        (await PendingAsync()).ShouldHaveSingleItem("a router may be about to append events of its notifications");
        (await NotificationsAsync(Gone)).ShouldBePositive();

        await CursorAsync("routing", 1_000);
        await PassAsync(hub);

        (await PendingAsync()).ShouldBeEmpty();
        (await EventsAsync(Gone)).ShouldBe([EventNames.LocationRemoved]);
        (await LocationRows.CountAsync(Database, Gone)).ShouldBe(1);
        (await LocationRows.CountAsync(Database, Kept)).ShouldBe(kept);
    }

    [Fact]
    public async Task A_clock_that_jumps_ahead_completes_no_removal()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await WriteAsync(transaction =>
            RemovalStore.BeginAsync(transaction, new RemoveRequest(Gone, DeleteData: true))
        );
        var removedAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await WriteAsync(transaction =>
            LocationStore.SetRemovedAsync(transaction, Gone, reason: null, now: At(removedAt))
        );
        await CursorAsync("routing", 1_000);
        await using var hub = await ComposeAsync(clock);
        await PassAsync(hub);

        clock.SetWall(TimeSpan.FromDays(31));
        await PassAsync(hub);
        (await PendingAsync()).ShouldHaveSingleItem();

        clock.SetWall(-TimeSpan.FromDays(31));
        clock.Advance(RemovalPass.LatePeriod);
        await PassAsync(hub);
        (await PendingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_removal_with_a_future_time_starts_its_day_when_the_hub_detects_it()
    {
        var clock = new ManualClock(TimeProvider.System.GetUtcNow());
        await WriteAsync(transaction =>
            RemovalStore.BeginAsync(transaction, new RemoveRequest(Gone, DeleteData: true))
        );
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        await WriteAsync(transaction =>
            LocationStore.SetRemovedAsync(transaction, Gone, reason: null, now: At(now + 3_600_000))
        );
        await CursorAsync("routing", 1_000);
        await using var hub = await ComposeAsync(clock);

        await PassAsync(hub);
        (await PendingAsync()).ShouldHaveSingleItem().RemovedAt.ShouldBe(At(now));
        clock.Advance(RemovalPass.LatePeriod - TimeSpan.FromMinutes(1));
        await PassAsync(hub);
        (await PendingAsync()).ShouldHaveSingleItem();
        clock.Advance(TimeSpan.FromMinutes(1));
        await PassAsync(hub);

        (await PendingAsync()).ShouldBeEmpty();
    }

    private Task EraseAsync(bool everything) =>
        new LocationDataDeletion(Database).RunAsync(Gone, everything, CancellationToken.None);

    private static async Task PassAsync(WebApplication hub)
    {
        var leases = hub.Services.GetRequiredService<LeaseKeeper>();
        var lease = (await leases.TryAcquireAsync("removals", CancellationToken.None)).ShouldNotBeNull();
        await hub.Services.GetRequiredService<RemovalPass>().RunAsync(lease, CancellationToken.None);
    }

    /// <summary>The services of a hub on the same database, with no stage started.</summary>
    private async Task<WebApplication> ComposeAsync(TimeProvider? time = null)
    {
        var hub = HubApplication.Compose([
            "--environment=Development",
            "--Logging:LogLevel:Default=None",
            $"--Storage:Provider={Test.Options.Provider}",
            $"--Storage:ConnectionString={Test.Options.ConnectionString}",
            "--Storage:LeaseDuration=00:05:00",
        ]);
        if (time is not null)
        {
            hub.Services.AddSingleton(time);
        }

        var app = hub.Host.Build();
        await app.Services.GetRequiredService<Database>().OpenAsync(CancellationToken.None);
        return app;
    }

    private Task SaveAsync(string id) =>
        WriteAsync(transaction =>
            LocationStore.SaveAsync(
                transaction,
                new Location
                {
                    LocationId = id,
                    StateName = LocationState.Valid.ToWireName(),
                    StateSince = At(1),
                    ReceiveOnly = true,
                    CreatedAt = At(2),
                }
            )
        );

    private Task AppendEventAsync(string location, string type, long? notification = null) =>
        Database.AppendEventsAsync(
            new NewEvent
            {
                Type = type,
                LocationId = location,
                NotificationSeq = notification,
                Data = notification is null ? "{}"u8.ToArray() : null,
                CreatedAt = At(1),
            }
        );

    private Task CursorAsync(string name, long position) =>
        WriteAsync(transaction => new LogCursor(name).MoveAsync(transaction, 0, position, now: At(1)));

    private Task<IReadOnlyList<string>> EventsAsync(string id) =>
        Test.QueryAsync<string>("select type from event_log where location_id = @id order by seq", new { id });

    private Task<long> NotificationsAsync(string id) =>
        Test.ScalarAsync<long>("select count(*) from notification_log where location_id = @id", new { id });

    private async Task<IReadOnlyList<PendingRemoval>> PendingAsync()
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await RemovalStore.ListAsync(connection);
    }
}

public sealed class SqliteRemovalTests : RemovalContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerRemovalTests : RemovalContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
