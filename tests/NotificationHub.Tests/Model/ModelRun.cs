using Microsoft.AspNetCore.DataProtection;
using NotificationHub.Locations;
using NotificationHub.Refetch.Snapshots;
using NotificationHub.Refetch.Surveys;
using NotificationHub.Simulator.Apple;
using NotificationHub.Simulator.Apple.Faults;
using NotificationHub.Storage;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Model;

/// <summary>A few virtual days of one location, in which whatever can go wrong does, and then a quiet hour with one reconciliation.</summary>
internal sealed class ModelRun : IAsyncDisposable
{
    private const int Steps = 100;
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
    private readonly Random random;
    private SimulatedLocation location = null!;
    private AppleChanges changes = null!;
    private Mailbox mailbox = null!;
    private VirtualHub hub = null!;

    public ModelRun(int seed) => random = new Random(seed);

    public SimulatedApple Apple { get; private set; } = null!;

    public int Kills { get; private set; }

    public MortalDatabase Database { get; private set; } = null!;

    public async Task RunAsync()
    {
        await BeginAsync();
        for (var step = 0; step < Steps; step++)
        {
            await StepAsync();
        }

        await EndAsync();
    }

    public IReadOnlyList<string> Expected() => StateLines.Of(location.ExportState());

    public async Task<IReadOnlyList<EventEntry>> EventsAsync()
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        List<EventEntry> events = [];
        IReadOnlyList<EventEntry> page;
        do
        {
            page = await EventLog.ReadPageAsync(
                connection,
                events.Count == 0 ? 0 : events[^1].Seq,
                new EventFilter(),
                10_000,
                CancellationToken.None
            );
            events.AddRange(page);
        } while (page.Count > 0);

        return events;
    }

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        await Apple.DisposeAsync();
        folder.Dispose();
    }

    private async Task BeginAsync()
    {
        Apple = await SimulatedApple.StartAsync(
            new SimulatedAppleOptions
            {
                TimeProvider = clock,
                PageSize = 4,
                Seed = random.Next(),
            }
        );
        location = Apple.AddLocation();
        // Nobody is there to post to: Apple makes its notifications, and the mailbox brings them.
        location.Configuration = ClientConfiguration.Empty with
        {
            NotificationTypes = NotificationTypes.All,
        };
        changes = new AppleChanges(location, random);
        changes.Begin();
        mailbox = new Mailbox(Apple, random);
        await StartHubAsync();
        await SaveLocationAsync();
        for (var i = 0; i < 20; i++)
        {
            await changes.OneAsync();
        }
    }

    private async Task StepAsync()
    {
        Disturb();
        for (var i = random.Next(3); i > 0; i--)
        {
            await changes.OneAsync();
        }

        await PassAsync(Span());
    }

    /// <summary>Mostly seconds and minutes, now and then so many hours that reconciliations fall due.</summary>
    private TimeSpan Span() =>
        random.Next(8) switch
        {
            0 => TimeSpan.FromHours(random.Next(1, 14)),
            1 or 2 => TimeSpan.FromMinutes(random.Next(1, 20)),
            _ => TimeSpan.FromSeconds(random.Next(1, 40)),
        };

    private void Disturb()
    {
        var faults = Apple.Faults;
        faults.RandomFraction = random.Next(3) == 0 ? 0.1 : 0;
        faults.MoveVersionWhilePaging = random.Next(6) == 0;
        faults.ReadLag = random.Next(5) == 0 ? TimeSpan.FromSeconds(random.Next(60)) : TimeSpan.Zero;
        faults.EmptyPage = random.Next(8) == 0 ? random.Next(3) : null;
        faults.ShrinkTotalPages = random.Next(8) == 0;
        if (random.Next(4) == 0)
        {
            faults.Next(Paths[random.Next(Paths.Length)], Fault.ThenChange(() => location.Silently(changes.Silently)));
        }

        if (random.Next(8) == 0)
        {
            faults.Next(Paths[random.Next(Paths.Length)], Fault.Abort());
        }

        if (random.Next(4) == 0)
        {
            Database.KillAt(random.Next(1, 40), committed: random.Next(2) == 0);
        }
    }

    /// <summary>Lets time pass: notifications arrive, and the hub does what is due, as often as it is killed from the start again.</summary>
    private async Task PassAsync(TimeSpan span)
    {
        await Apple.WaitUntilDeliveredAsync();
        mailbox.Collect(clock.Milliseconds);
        var until = clock.Milliseconds + (long)span.TotalMilliseconds;
        while (clock.Milliseconds < until)
        {
            try
            {
                await ReadAsync(until);
            }
            catch (KilledException)
            {
                Kills++;
                await hub.DisposeAsync();
                await StartHubAsync();
            }
        }
    }

    private async Task ReadAsync(long until)
    {
        while (clock.Milliseconds < until)
        {
            foreach (var body in mailbox.Arrived(clock.Milliseconds))
            {
                await hub.PostAsync(body);
            }

            await hub.RouteAsync();
            if (await hub.TurnAsync() is { } next)
            {
                var wake = Math.Min(Math.Min(next, until), mailbox.NextArrival);
                clock.Advance(TimeSpan.FromMilliseconds(Math.Max(wake - clock.Milliseconds, 1)));
            }
        }
    }

    /// <summary>Apple is well, nothing changes any more, and the location is reconciled once.</summary>
    private async Task EndAsync()
    {
        Apple.Faults.Clear();
        Database.Spare();
        await PassAsync(TimeSpan.FromHours(2));
        await Database.WriteAsync(
            transaction =>
                SurveyStore.RequestAsync(
                    transaction,
                    VirtualHub.LocationId,
                    [.. SnapshotKind.All.Select(kind => kind.Name)],
                    clock.Milliseconds
                ),
            CancellationToken.None
        );
        await PassAsync(TimeSpan.FromMinutes(30));
    }

    private async Task StartHubAsync()
    {
        Database = new MortalDatabase(VirtualDatabase.OptionsOf(folder.File("hub.db")), clock);
        hub = await VirtualHub.StartAsync(Database, Apple.BaseUrl, protector, clock);
    }

    private Task SaveLocationAsync() =>
        Database.WriteAsync(
            transaction =>
                LocationStore.SaveAsync(
                    transaction,
                    new Location
                    {
                        LocationId = VirtualHub.LocationId,
                        UId = location.UId,
                        StateWord = LocationState.Valid.Word(),
                        StateSince = 0,
                        ReceiveOnly = false,
                        ContentToken = protector.Protect(ContentToken.Parse(location.ContentTokenFile)),
                        CreatedAt = 0,
                    }
                ),
            CancellationToken.None
        );
}
