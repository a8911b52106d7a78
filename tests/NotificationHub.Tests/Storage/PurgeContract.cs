using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Erasure;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Erasure;

namespace NotificationHub.Tests.Storage;

/// <summary>The purge of a person's or a device's data, by processes that share a database.</summary>
public abstract class PurgeContract : StoreContract
{
    private const string Here = "location-1";
    private const string Elsewhere = "location-2";

    private static readonly PurgeRequest OfAnn = new() { ClientUserId = PurgeScene.Ann };
    private static readonly PurgeRequest OfDevice = new() { SerialNumber = PurgeScene.Device };

    private readonly List<IDisposable> processes = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var location in new[] { Here, Elsewhere })
        {
            await WriteAsync(transaction => SaveAsync(transaction, location));
            foreach (var (body, i) in PurgeScene.Bodies.Select((body, i) => (body, i)))
            {
                (await RepeatAsync(location, body, i)).Result.ShouldBe(AppendResult.Stored);
            }
        }

        await PersonalRows.RecordAsync(Database, Here);
    }

    public override async ValueTask DisposeAsync()
    {
        processes.ForEach(process => process.Dispose());
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_user_is_named_nowhere_any_more_and_everybody_else_still_is()
    {
        (await FindAsync(PurgeScene.AnnsTraces)).Count.ShouldBe(10);
        var others = await FindAsync(["bob"]);
        var desk = DeskOf(Database);
        var rehearsed = await desk.RehearseAsync(OfAnn, CancellationToken.None);
        (await FindAsync(PurgeScene.AnnsTraces)).Count.ShouldBe(10, "a rehearsal changes nothing");

        var result = await PurgeAsync(desk, OfAnn);

        result.IsDone.ShouldBeTrue();
        result.Counts.ShouldBe(new PurgeCounts(Notifications: 12, Events: 2, Records: 9));
        result.Counts.ShouldBe(rehearsed.Counts);
        (await FindAsync(PurgeScene.AnnsTraces)).ShouldBeEmpty();
        (await FindAsync(["bob"])).ShouldBe(others);
        (
            await Test.ScalarAsync<string>("select detail from audit_entry where action = 'purge' and outcome = 'done'")
        ).ShouldBe("12 notifications, 2 events, 9 records");
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_device_is_named_nowhere_any_more_and_one_of_a_longer_name_still_is()
    {
        var result = await PurgeAsync(DeskOf(Database), OfDevice);

        result.IsDone.ShouldBeTrue();
        var left = await FindAsync(PurgeScene.DevicesTraces);
        left.ShouldBe(["notification_log.body", "snapshot.data", "snapshot.key"]);
        left.ShouldBe(await FindAsync(["C39NQ0AAPUR77"]));
        (await FindAsync([PurgeScene.Email])).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task One_location_alone_can_be_purged()
    {
        var request = new PurgeRequest { ClientUserId = PurgeScene.Ann, LocationId = Elsewhere };

        var result = await PurgeAsync(DeskOf(Database), request);

        result.Counts.ShouldBe(new PurgeCounts(Notifications: 6, Events: 0, Records: 0));
        (await FindAsync(PurgeScene.AnnsTraces)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_repeat_of_what_was_purged_is_still_recognised()
    {
        await PurgeAsync(DeskOf(Database), OfAnn);

        foreach (var (body, i) in PurgeScene.Bodies.Select((body, i) => (body, i)))
        {
            (await RepeatAsync(Here, body, i)).Result.ShouldBe(AppendResult.Duplicate);
        }

        (await FindAsync(PurgeScene.AnnsTraces)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(9, true)]
    [InlineData(16, true)]
    public async Task What_one_process_dies_at_another_finishes(int write, bool committed)
    {
        var expected = await DeskOf(Database).RehearseAsync(OfAnn, CancellationToken.None);
        var dying = DeskOf(new DyingDatabase(Database, write, committed));
        await Should.ThrowAsync<DiedException>(() => PurgeAsync(dying, OfAnn));
        (await PendingAsync()).ShouldBe(1);
        await Test.ExecuteAsync("update lease set expires_at = 1");

        await DeskOf(await Test.OpenAnotherAsync()).ResumeAsync(CancellationToken.None);

        (await PendingAsync()).ShouldBe(0);
        (await FindAsync(PurgeScene.AnnsTraces)).ShouldBeEmpty();
        var counts = expected.Counts.ShouldNotBeNull();
        (await Test.ScalarAsync<string>("select detail from audit_entry where outcome = 'done'")).ShouldBe(
            $"{counts.Notifications} notifications, {counts.Events} events, {counts.Records} records"
        );
    }

    [Fact]
    public async Task Two_that_two_processes_are_asked_for_at_once_are_both_done()
    {
        var other = DeskOf(await Test.OpenAnotherAsync());

        var results = await Task.WhenAll(PurgeAsync(DeskOf(Database), OfAnn), PurgeAsync(other, OfDevice));

        results.ShouldAllBe(result => result.IsDone);
        (await FindAsync(PurgeScene.AnnsTraces)).ShouldBeEmpty();
        (await FindAsync(PurgeScene.DevicesTraces)).ShouldBe(await FindAsync(["C39NQ0AAPUR77"]));
        (await PendingAsync()).ShouldBe(0);
    }

    private static Task<PurgeResult> PurgeAsync(PurgeDesk desk, PurgeRequest request) =>
        desk.PurgeAsync(request, TestActor.Operator, CancellationToken.None);

    /// <summary>A process of its own; nobody renews its lease.</summary>
    private PurgeDesk DeskOf(Database database)
    {
        var leases = new LeaseKeeper(
            database,
            Options.Create(new StorageOptions { LeaseDuration = TimeSpan.FromMinutes(5) }),
            TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );
        var desk = new PurgeDesk(
            database,
            new PersonPurge(database, TimeProvider.System),
            leases,
            new LanePace(TimeProvider.System),
            TimeProvider.System,
            NullLogger<PurgeDesk>.Instance
        );
        processes.AddRange([desk, leases]);
        return desk;
    }

    private Task<AppendOutcome> RepeatAsync(string location, byte[] body, int id) =>
        Database.AppendAsync(Post($"{(char)('a' + id)}", body, location));

    private static Task SaveAsync(WriteTransaction transaction, string id) =>
        LocationStore.SaveAsync(
            transaction,
            new Location
            {
                LocationId = id,
                StateWord = LocationState.Valid.Word(),
                StateSince = 1,
                ReceiveOnly = true,
                CreatedAt = 2,
            }
        );

    private Task<IReadOnlyList<string>> FindAsync(IEnumerable<string> traces) =>
        PersonalRows.FindAsync(Database, traces);

    private Task<long> PendingAsync() => Test.ScalarAsync<long>("select count(*) from privacy_purge");
}

public sealed class SqlitePurgeTests : PurgeContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerPurgeTests : PurgeContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
