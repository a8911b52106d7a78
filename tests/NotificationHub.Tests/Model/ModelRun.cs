using Microsoft.AspNetCore.DataProtection;
using Microsoft.Data.Sqlite;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Secrets;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Snapshots;
using NotificationHub.Storage;
using NotificationHub.Storage.Maintenance;
using ContentToken = NotificationHub.Apple.ContentToken;
using IssuedToken = NotificationHub.Simulator.Apple.ContentToken;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A few virtual days of three locations and two replicas with failures of all kinds, then hours without failures and one reconciliation.
/// </summary>
internal sealed class ModelRun : IAsyncDisposable
{
    private const int Steps = 40;
    private const int MaxRestores = 2;

    private static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(10);

    /// <summary>How often due times are repaired, in milliseconds; a hub does it once a minute.</summary>
    private const long RepairInterval = 30 * 60_000;

    private static readonly string[] Paths =
    [
        "/assets",
        "/assignments",
        "/users",
        "/subscriptions",
        "/subscriptions/assignments",
    ];

    private readonly TemporaryFolder folder = new();
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());
    private readonly SkippingClock clock = new();
    private readonly ShiftedClock hubClock;
    private readonly ShiftedClock databaseClock;
    private readonly Random random;
    private readonly ModelHub[] hubs = new ModelHub[2];
    private readonly UnreliableSubscription subscription;
    private ModelLocation[] locations = [];
    private UnreliableDelivery delivery = null!;
    private string file = "";
    private long repairedAt;
    private Dictionary<ModelLocation, IssuedToken>? backup;

    public ModelRun(int seed)
    {
        random = new Random(seed);
        subscription = new UnreliableSubscription(random);
        hubClock = new ShiftedClock(clock);
        databaseClock = new ShiftedClock(clock);
    }

    public SimulatedApple Apple { get; private set; } = null!;

    public IReadOnlyList<ModelLocation> Locations => locations;

    public RevisionCopy Copy => subscription.Copy;

    public int Kills { get; private set; }

    public int Restores { get; private set; }

    public int Messages => subscription.Sent.Count;

    private string BackupFile => folder.File("backup.db");

    public async Task RunAsync()
    {
        await BeginAsync();
        for (var step = 0; step < Steps; step++)
        {
            await StepAsync();
        }

        await SettleAsync();
    }

    /// <summary>The events in the hub's log at the end.</summary>
    public async Task<IReadOnlyList<EventEntry>> LogAsync()
    {
        await using var connection = await hubs[0].Database.OpenReaderAsync(CancellationToken.None);
        List<EventEntry> events = [];
        IReadOnlyList<EventEntry> page;
        do
        {
            var after = events.Count == 0 ? 0 : events[^1].Seq;
            page = await EventLog.ReadPageAsync(connection, after, new EventFilter(), 10_000, CancellationToken.None);
            events.AddRange(page);
        } while (page.Count > 0);

        return events;
    }

    public async Task<IReadOnlyList<string>> SnapshotLinesAsync(string location)
    {
        var copy = new RevisionCopy();
        foreach (var kind in RecordKind.All)
        {
            var (sequence, lines) = await hubs[0].SnapshotAsync(location, kind.Name);
            copy.LoadSnapshot(location, kind.SubjectPrefix, EventLog.Padded(sequence), lines);
        }

        return copy.Lines(location);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var hub in hubs)
        {
            await hub.DisposeAsync();
        }

        await Apple.DisposeAsync();
        folder.Dispose();
    }

    private async Task BeginAsync()
    {
        Apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                // Apple's clock is always right.
                TimeProvider = clock,
                PageSize = 4,
                Seed = random.Next(),
            }
        );
        locations =
        [
            new ModelLocation("north", Apple, random),
            new ModelLocation("east", Apple, random),
            new ModelLocation("south", Apple, random),
        ];
        delivery = new UnreliableDelivery(Apple, random);
        file = folder.File("hub-0.db");
        await StartAsync(0);
        await StartAsync(1);
        foreach (var location in locations)
        {
            await SaveAsync(location);
        }

        for (var i = 0; i < 30; i++)
        {
            await Pick(locations).Changes.ChangeAsync();
        }
    }

    private async Task StepAsync()
    {
        InjectFaults();
        for (var i = random.Next(5); i > 0; i--)
        {
            await Pick(locations).Changes.ChangeAsync();
        }

        await InjectFailureAsync();
        if (random.Next(3) == 0)
        {
            await RenewAsync();
        }

        await AdvanceAsync(RandomSpan());
        if (random.Next(4) != 0)
        {
            await subscription.PublishAsync(hubs[0].Database);
        }
    }

    /// <summary>Mostly seconds or minutes, sometimes hours, so that reconciliations become due.</summary>
    private TimeSpan RandomSpan() =>
        random.Next(8) switch
        {
            0 => TimeSpan.FromHours(random.Next(1, 14)),
            1 or 2 => TimeSpan.FromMinutes(random.Next(1, 20)),
            _ => TimeSpan.FromSeconds(random.Next(1, 40)),
        };

    private void InjectFaults()
    {
        var faults = Apple.Faults;
        faults.RandomFraction = random.Next(3) == 0 ? 0.1 : 0;
        faults.MalformedFraction = random.Next(3) == 0 ? 0.1 : 0;
        faults.MoveVersionWhilePaging = random.Next(6) == 0;
        faults.ReadLag = random.Next(5) == 0 ? TimeSpan.FromSeconds(random.Next(60)) : TimeSpan.Zero;
        faults.EmptyPage = random.Next(8) == 0 ? random.Next(3) : null;
        faults.ShrinkTotalPages = random.Next(8) == 0;
        if (random.Next(4) == 0)
        {
            var location = Pick(locations);
            faults.Next(
                Pick(Paths),
                Fault.ThenChange(() => location.Location.Silently(location.Changes.ChangeSilently))
            );
        }

        if (random.Next(8) == 0)
        {
            faults.Next(Pick(Paths), Fault.Abort());
        }

        if (random.Next(4) == 0)
        {
            Pick(hubs).Database.KillAt(random.Next(1, 40), committed: random.Next(2) == 0);
        }
    }

    private async Task InjectFailureAsync()
    {
        switch (random.Next(10))
        {
            case 0:
                SetClocks();
                break;
            case 1:
                BackUp();
                break;
            case 2 when backup is not null && Restores < MaxRestores:
                await RestoreAsync();
                break;
            case 3:
                await LoadSnapshotAsync();
                break;
            case 4:
                InvalidateToken(Pick(locations));
                break;
            case 5:
                RenewDuringRead(Pick(locations));
                break;
            case 6:
                PauseDuringRead(Pick(locations));
                break;
        }
    }

    private void SetClocks()
    {
        var shift = random.Next(6) switch
        {
            0 => TimeSpan.FromDays(31),
            1 => TimeSpan.FromDays(-31),
            2 => TimeSpan.FromHours(6),
            3 => TimeSpan.FromHours(-6),
            _ => TimeSpan.Zero,
        };
        var which = random.Next(4);
        hubClock.Shift = which == 0 ? hubClock.Shift : shift;
        databaseClock.Shift = which == 1 ? databaseClock.Shift : shift;
    }

    private void BackUp()
    {
        File.Delete(BackupFile);
        using var connection = new SqliteConnection($"Data Source={file};Pooling=False");
        connection.Open();
        using var copy = connection.CreateCommand();
        copy.CommandText = $"vacuum into '{BackupFile}'";
        copy.ExecuteNonQuery();
        backup = locations.ToDictionary(location => location, location => location.Stored);
    }

    private async Task RestoreAsync()
    {
        if (random.Next(3) != 0)
        {
            // In one restore of three, the last events were never published.
            await subscription.PublishAsync(hubs[0].Database);
        }

        foreach (var hub in hubs)
        {
            await hub.DisposeAsync();
        }

        // The epoch number is the time: a second restore of the same backup needs a right clock.
        hubClock.Shift = databaseClock.Shift = TimeSpan.Zero;
        Restores++;
        file = folder.File($"hub-{Restores}.db");
        File.Copy(BackupFile, file);
        foreach (var (location, token) in backup!)
        {
            location.Stored = token;
        }

        await StartAsync(0);
        await new RestoreRecovery(hubs[0].Database).RunAsync(TestActor.Operator, CancellationToken.None);
        await StartAsync(1);
    }

    private async Task LoadSnapshotAsync()
    {
        var location = Pick(locations);
        var kind = Pick([.. RecordKind.All]);
        var (sequence, lines) = await hubs[0].SnapshotAsync(location.Id, kind.Name);
        subscription.Copy.LoadSnapshot(location.Id, kind.SubjectPrefix, EventLog.Padded(sequence), lines);
    }

    /// <summary>Invalidates the content token before the hub has a new one.</summary>
    private void InvalidateToken(ModelLocation location)
    {
        location.Stored.State = InvalidState();
        location.Issue(clock.GetUtcNow().AddYears(1));
    }

    /// <summary>Gives the hub a new content token and invalidates the old one while a replica reads.</summary>
    private void RenewDuringRead(ModelLocation location)
    {
        var reader = random.Next(hubs.Length);
        var invalid = InvalidState();
        hubs[reader]
            .Database.PauseAt(
                random.Next(1, 15),
                async () =>
                {
                    var old = location.Stored;
                    if (
                        await Undisturbed(1 - reader)
                            .RenewAsync(location, location.Issue(clock.GetUtcNow().AddYears(1)))
                    )
                    {
                        old.State = invalid;
                    }
                }
            );
    }

    /// <summary>Pauses a replica during a read until the other replica has taken over and read.</summary>
    private void PauseDuringRead(ModelLocation location)
    {
        var reader = random.Next(hubs.Length);
        var reads = random.Next(5);
        hubs[reader]
            .Database.PauseAt(
                random.Next(1, 15),
                async () =>
                {
                    var other = Undisturbed(1 - reader);
                    await other.TakeOverAsync(location.Id);
                    for (var read = 0; read < reads && await other.ReadNextAsync([location.Id]) is null; read++)
                    {
                        // Until enough reads are done, or none is due.
                    }
                }
            );
    }

    private ContentTokenState InvalidState() =>
        Pick([ContentTokenState.Expired, ContentTokenState.Revoked, ContentTokenState.Invalid]);

    private ModelHub Undisturbed(int replica)
    {
        hubs[replica].Database.CancelFailures();
        return hubs[replica];
    }

    /// <summary>Gives the hub the newest content token of each location.</summary>
    private async Task RenewAsync()
    {
        foreach (var location in locations.Where(location => location.Stored != location.Newest))
        {
            await Undisturbed(random.Next(hubs.Length)).RenewAsync(location, location.Newest);
        }
    }

    /// <summary>Advances the time: notifications arrive, and the replicas do all due work. A killed replica restarts.</summary>
    private async Task AdvanceAsync(TimeSpan span)
    {
        await Apple.WaitUntilDeliveredAsync();
        delivery.Collect(clock.Milliseconds);
        var until = clock.Milliseconds + (long)span.TotalMilliseconds;
        while (clock.Milliseconds < until)
        {
            foreach (var notification in delivery.TakeArrived(clock.Milliseconds))
            {
                var location = locations.Single(location => location.Location.UId == notification.UId);
                await Pick(hubs).StoreAsync(location.Id, notification.Body);
            }

            if (await RunDueWorkAsync() is { } next)
            {
                var wake = Math.Min(next - hubClock.Milliseconds, (long)LeaseDuration.TotalMilliseconds);
                wake = Math.Min(wake, Math.Min(until, delivery.NextArrival) - clock.Milliseconds);
                clock.Advance(TimeSpan.FromMilliseconds(Math.Max(wake, 1)));
            }
        }
    }

    /// <returns>When the next work is due by the hub's clock; null after work was done.</returns>
    private async Task<long?> RunDueWorkAsync()
    {
        var first = random.Next(hubs.Length);
        var isRepairDue = clock.Milliseconds - repairedAt >= RepairInterval;
        repairedAt = isRepairDue ? clock.Milliseconds : repairedAt;
        long? next = long.MaxValue;
        foreach (var replica in (int[])[first, 1 - first])
        {
            try
            {
                await hubs[replica].AcquireAsync(locations.Select(location => location.Id));
                await hubs[replica].RouteAsync();
                if (isRepairDue)
                {
                    await hubs[replica].RepairDueTimesAsync();
                }

                var due = await hubs[replica].ReadNextAsync(locations.Select(location => location.Id));
                next = due is null || next is null ? null : Math.Min(due.Value, next.Value);
            }
            catch (KilledException)
            {
                Kills++;
                await hubs[replica].DisposeAsync();
                await StartAsync(replica);
                next = null;
            }
        }

        return next;
    }

    /// <summary>Ends all failures and changes, corrects the clocks, and reconciles each location once.</summary>
    private async Task SettleAsync()
    {
        Apple.Faults.Clear();
        hubClock.Shift = databaseClock.Shift = TimeSpan.Zero;
        Undisturbed(0);
        Undisturbed(1);
        await RenewAsync();
        // A location that was paused while the clock was six hours ahead stays paused for six hours.
        await AdvanceAsync(TimeSpan.FromHours(9));
        foreach (var location in locations)
        {
            await hubs[0]
                .Database.WriteAsync(
                    transaction =>
                        FullSyncStore.RequestAsync(
                            transaction,
                            location.Id,
                            [.. RecordKind.All.Select(kind => kind.Name)],
                            clock.GetUtcNow()
                        ),
                    CancellationToken.None
                );
        }

        await AdvanceAsync(TimeSpan.FromHours(3));
        await subscription.PublishAsync(hubs[0].Database);
        subscription.Drain();
    }

    private async Task StartAsync(int replica)
    {
        var options = VirtualDatabase.CreateOptions(file);
        options.LeaseDuration = LeaseDuration;
        hubs[replica] = await ModelHub.StartAsync(
            new KillableDatabase(options, databaseClock),
            Apple.BaseUrl,
            protector,
            hubClock,
            databaseClock
        );
    }

    private Task SaveAsync(ModelLocation location)
    {
        location.Stored = location.Newest;
        return hubs[0]
            .Database.WriteAsync(
                transaction =>
                    LocationStore.SaveAsync(
                        transaction,
                        new Location
                        {
                            LocationId = location.Id,
                            UId = location.Location.UId,
                            StateName = LocationState.Valid.ToWireName(),
                            StateSince = At(0),
                            ReceiveOnly = false,
                            ContentToken = protector.Protect(ContentToken.Parse(location.Stored.File)),
                            CreatedAt = At(0),
                        }
                    ),
                CancellationToken.None
            );
    }

    private T Pick<T>(T[] from) => from[random.Next(from.Length)];
}
