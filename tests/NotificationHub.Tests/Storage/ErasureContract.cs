using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Erasure;
using NotificationHub.Events;
using NotificationHub.Hosting;
using NotificationHub.Locations;
using NotificationHub.Publishing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Erasure;

namespace NotificationHub.Tests.Storage;

/// <summary>The erasure of a person's or device's data by processes that share a database.</summary>
public abstract class ErasureContract : StoreContract
{
    private const string Here = "location-1";
    private const string Elsewhere = "location-2";

    private static readonly ErasureRequest OfAnn = new() { ClientUserId = ErasureScene.Ann };
    private static readonly ErasureRequest OfDevice = new() { SerialNumber = ErasureScene.Device };

    private readonly List<IDisposable> processes = [];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var location in new[] { Here, Elsewhere })
        {
            await WriteAsync(transaction => SaveAsync(transaction, location));
            foreach (var (body, i) in ErasureScene.Bodies.Select((body, i) => (body, i)))
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
    public async Task A_user_is_erased_everywhere_and_the_others_stay()
    {
        (await FindAsync(ErasureScene.AnnsTraces)).Count.ShouldBe(10);
        var others = await FindAsync(["bob"]);
        var service = CreateService(Database);
        var preview = await service.PreviewAsync(OfAnn, CancellationToken.None);
        (await FindAsync(ErasureScene.AnnsTraces)).Count.ShouldBe(10, "a preview changes nothing");

        var result = await EraseAsync(service, OfAnn);

        result.IsDone.ShouldBeTrue();
        result.Counts.ShouldBe(new ErasureCounts(Notifications: 12, Events: 2, Records: 9));
        result.Counts.ShouldBe(preview.Counts);
        (await FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
        (await FindAsync(["bob"])).ShouldBe(others);
        (
            await Test.ScalarAsync<string>(
                "select detail from audit_entry where action = 'erase' and outcome = 'succeeded'"
            )
        ).ShouldBe("12 notifications, 2 events, 9 records");
        (await PendingAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task An_event_that_was_not_sent_yet_is_sent_without_the_erased_data()
    {
        var body = ErasureScene.Bodies[1];
        Encoding.UTF8.GetString(body).ShouldContain(ErasureScene.Ann);
        var seq = (
            await Database.AppendEventsAsync(
                new NewEvent
                {
                    Type = EventNames.UserManagementNotified,
                    LocationId = Here,
                    NotificationSeq = 2,
                    Body = body,
                    CreatedAt = At(0),
                }
            )
        ).Single();

        await EraseAsync(CreateService(Database), OfAnn);

        var topic = new TopicLog("users", Database, TimeProvider.System);
        var (_, page) = await topic.ReadNextPageAsync(CancellationToken.None);
        Encoding.UTF8.GetString(page.Single(entry => entry.Seq == seq).Data).ShouldNotContain(ErasureScene.Ann);
    }

    [Fact]
    public async Task A_device_is_erased_everywhere_and_one_with_a_longer_serial_number_stays()
    {
        var result = await EraseAsync(CreateService(Database), OfDevice);

        result.IsDone.ShouldBeTrue();
        var left = await FindAsync(ErasureScene.DevicesTraces);
        left.ShouldBe(["notification_log.body", "snapshot.data", "snapshot.key"]);
        left.ShouldBe(await FindAsync(["C39NQ0AAPUR77"]));
        (await FindAsync([ErasureScene.Email])).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task An_erasure_can_be_limited_to_one_location()
    {
        var request = new ErasureRequest { ClientUserId = ErasureScene.Ann, LocationId = Elsewhere };

        var result = await EraseAsync(CreateService(Database), request);

        result.Counts.ShouldBe(new ErasureCounts(Notifications: 6, Events: 0, Records: 0));
        (await FindAsync(ErasureScene.AnnsTraces)).Count.ShouldBe(10);
    }

    [Fact]
    public async Task A_repetition_of_an_erased_notification_is_detected_as_a_duplicate()
    {
        await EraseAsync(CreateService(Database), OfAnn);

        foreach (var (body, i) in ErasureScene.Bodies.Select((body, i) => (body, i)))
        {
            (await RepeatAsync(Here, body, i)).Result.ShouldBe(AppendResult.Duplicate);
        }

        (await FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(9, true)]
    [InlineData(16, true)]
    public async Task Another_process_finishes_the_erasure_of_a_crashed_process(int write, bool committed)
    {
        var expected = await CreateService(Database).PreviewAsync(OfAnn, CancellationToken.None);
        var dying = CreateService(new CrashingDatabase(Database, write, committed));
        await Should.ThrowAsync<CrashException>(() => EraseAsync(dying, OfAnn));
        (await PendingAsync()).ShouldBe(1);
        await Test.ExecuteAsync("update lease set expires_at = 1");

        await CreateService(await Test.OpenAnotherAsync()).ResumeAsync(CancellationToken.None);

        (await PendingAsync()).ShouldBe(0);
        (await FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
        var counts = expected.Counts.ShouldNotBeNull();
        (await Test.ScalarAsync<string>("select detail from audit_entry where outcome = 'succeeded'")).ShouldBe(
            $"{counts.Notifications} notifications, {counts.Events} events, {counts.Records} records"
        );
    }

    [Fact]
    public async Task Two_processes_complete_two_concurrent_erasures()
    {
        var other = CreateService(await Test.OpenAnotherAsync());

        var results = await Task.WhenAll(EraseAsync(CreateService(Database), OfAnn), EraseAsync(other, OfDevice));

        results.ShouldAllBe(result => result.IsDone);
        (await FindAsync(ErasureScene.AnnsTraces)).ShouldBeEmpty();
        (await FindAsync(ErasureScene.DevicesTraces)).ShouldBe(await FindAsync(["C39NQ0AAPUR77"]));
        (await PendingAsync()).ShouldBe(0);
    }

    private static Task<ErasureResult> EraseAsync(ErasureService service, ErasureRequest request) =>
        service.EraseAsync(request, TestActor.Operator, CancellationToken.None);

    /// <summary>A separate process whose lease is not renewed.</summary>
    private ErasureService CreateService(Database database)
    {
        var leases = new LeaseKeeper(
            database,
            Options.Create(new StorageOptions { LeaseDuration = TimeSpan.FromMinutes(5) }),
            TimeProvider.System,
            NullLogger<LeaseKeeper>.Instance
        );
        var service = new ErasureService(
            database,
            new ErasureRun(database, TimeProvider.System),
            leases,
            new WriteThrottle(TimeProvider.System),
            TimeProvider.System,
            NullLogger<ErasureService>.Instance
        );
        processes.AddRange([service, leases]);
        return service;
    }

    private Task<AppendOutcome> RepeatAsync(string location, byte[] body, int id) =>
        Database.AppendAsync(Notification($"{(char)('a' + id)}", body, location));

    private static Task SaveAsync(WriteTransaction transaction, string id) =>
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
        );

    private Task<IReadOnlyList<string>> FindAsync(IEnumerable<string> traces) =>
        PersonalRows.FindAsync(Database, traces);

    private Task<long> PendingAsync() => Test.ScalarAsync<long>("select count(*) from erasure");
}

public sealed class SqliteErasureTests : ErasureContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerErasureTests : ErasureContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
