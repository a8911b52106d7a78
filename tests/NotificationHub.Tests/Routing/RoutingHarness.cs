using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Intake;
using NotificationHub.Refetch.Targets;
using NotificationHub.Routing;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Routing;

/// <summary>Runs the routing stage pass by pass on a separate database.</summary>
internal sealed class RoutingHarness : IAsyncDisposable
{
    public const string LocationId = "location-1";
    public const string UId = "2049025000431439";

    private readonly TestDatabase test;

    private RoutingHarness(TestDatabase test)
    {
        this.test = test;
        Leases = NewKeeper();
        Targets = new RefetchTargets(
            new RefetchTiming(TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(4))
        );
        Reroute = new Reroute(test.Database, new NotificationRouter(NotificationRoutes.All), Targets);
    }

    public TestDatabase Test => test;

    public SqliteDatabase Database => test.Sqlite;

    public LeaseKeeper Leases { get; }

    public RefetchTargets Targets { get; }

    public Reroute Reroute { get; }

    public static async Task<RoutingHarness> StartAsync(string? uId = UId, bool contentToken = true)
    {
        var harness = new RoutingHarness(await TestDatabase.OpenAsync());
        await harness.AddLocationAsync(LocationId, uId, contentToken);
        return harness;
    }

    public Task AddLocationAsync(string locationId, string? uId, bool contentToken) =>
        test.ExecuteAsync(
            """
            insert into location (location_id, u_id, state, state_since, receive_only, content_token, read_number, created_at)
            values (@locationId, @uId, 'valid', 0, @receiveOnly, @token, 0, 0)
            """,
            new
            {
                locationId,
                uId,
                receiveOnly = !contentToken,
                token = contentToken ? new byte[] { 1 } : null,
            }
        );

    public LeaseKeeper NewKeeper() =>
        new(Database, Options.Create(test.Options), TimeProvider.System, NullLogger<LeaseKeeper>.Instance);

    public TestMeters Meters => test.Meters;

    public async Task<Lease> TakeLeaseAsync() =>
        (await Leases.TryAcquireAsync(RoutingPass.Name, CancellationToken.None)).ShouldNotBeNull();

    public RoutingPass NewPass(IEnumerable<NotificationRoute>? routes = null) =>
        new(
            Database,
            new NotificationRouter(routes ?? NotificationRoutes.All),
            Targets,
            new RoutingMetrics(Meters),
            TimeProvider.System,
            NullLogger<RoutingPass>.Instance
        );

    /// <summary>Stores a payload of the corpus as the intake would.</summary>
    public Task<long> PostAsync(string file, Disposition disposition = Disposition.Accepted) =>
        PostAsync(PayloadCorpus.Read(file), disposition);

    public async Task<long> PostAsync(
        byte[] body,
        Disposition disposition = Disposition.Accepted,
        string locationId = LocationId
    )
    {
        var envelope = EnvelopeReader.Read(body);
        var digest = SHA256.HashData(body);
        var outcome = await Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = Encoding.UTF8.GetBytes(locationId),
                DedupHash = BitConverter.ToInt64(digest),
                NotificationId = envelope.NotificationId,
                NotificationType = envelope.NotificationType,
                UId = envelope.UId,
                Body = body,
                BodySha256 = digest,
                ReceivedAt = At(1_785_585_600_000),
                Disposition = disposition,
                RejectedQuota = 100,
            }
        );
        return outcome.Seq;
    }

    public Task<long> PostPurchaseAsync(int adamId, string uId = UId) =>
        PostAsync(
            Encoding.UTF8.GetBytes(
                $$"""
                {"notificationId":"n-{{adamId}}-{{uId}}","notificationType":"ASSET_COUNT","uId":"{{uId}}",
                 "notification":{"adamId":"{{adamId}}","pricingParam":"STDQ","countDelta":1} }
                """
            )
        );

    public static byte[] Association(string notificationId, string serialNumber) =>
        Encoding.UTF8.GetBytes(
            $$"""
            {"notificationId":"{{notificationId}}","notificationType":"ASSET_MANAGEMENT","uId":"{{UId}}",
             "notification":{"type":"ASSOCIATE","result":"SUCCESS","eventId":"e-1",
              "assignments":[{"adamId":"361309726","pricingParam":"STDQ","serialNumber":"{{serialNumber}}"}]} }
            """
        );

    public Task<IReadOnlyList<string>> EventTypesAsync() =>
        test.QueryAsync<string>("select type from event_log order by seq");

    public Task<IReadOnlyList<long>> RoutedSeqsAsync() =>
        test.QueryAsync<long>("select notification_seq from event_log where notification_seq is not null order by seq");

    public Task<long> CursorAsync() =>
        test.ScalarAsync<long>("select coalesce((select position from log_cursor where name = 'routing'), 0)");

    public async Task<Disposition> DispositionAsync(long seq) =>
        (Disposition)
            await test.ScalarAsync<long>("select disposition from notification_log where seq = @seq", new { seq });

    public async ValueTask DisposeAsync()
    {
        Leases.Dispose();
        await test.DisposeAsync();
    }
}
