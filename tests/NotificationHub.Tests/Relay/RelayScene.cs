using System.Net;
using System.Text;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Relay;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;
using NotificationHub.Tests.Storage;

namespace NotificationHub.Tests.Relay;

/// <summary>Runs the relay pass by pass, with scripted MDMs and a manual clock.</summary>
internal sealed class RelayScene : IAsyncDisposable
{
    public const string LocationId = "location-1";

    /// <summary>Longer than any backoff.</summary>
    public static readonly TimeSpan AnyBackoff = TimeSpan.FromMinutes(5);

    private readonly TestDatabase test;
    private readonly ContentTokenProtector protector = new(new EphemeralDataProtectionProvider());
    private readonly RelayClient client;
    private readonly LeaseKeeper leases;
    private RelayPass pass;
    private Lease? lease;

    private RelayScene(TestDatabase test)
    {
        this.test = test;
        client = new RelayClient(Mdms, Options.Create(RelayOptions), Clock);
        leases = test.CreateLeases(Clock);
        Metrics = new RelayMetrics(test.Meters, Clock);
        pass = CreatePass();
        Service = new RelayService(
            Database,
            new AuditTrail(Database, NullLogger<AuditTrail>.Instance),
            protector,
            new HostingEnvironment(),
            Clock
        );
    }

    public ManualClock Clock { get; } = new();

    public RelayOptions RelayOptions { get; } = new();

    public ScriptedMdms Mdms { get; } = new();

    public RelayMetrics Metrics { get; }

    public RelayService Service { get; }

    public TestDatabase Test => test;

    public Database Database => test.Database;

    public static async Task<RelayScene> OpenAsync()
    {
        var scene = new RelayScene(
            await TestDatabase.OpenAsync(options => options.LeaseDuration = TimeSpan.FromMinutes(5))
        );
        await scene.AddLocationAsync(LocationId);
        return scene;
    }

    public Task AddLocationAsync(string locationId) =>
        test.ExecuteAsync(
            """
            insert into location (location_id, state, state_since, receive_only, read_number, created_at)
            values (@locationId, 'valid', 0, 1, 0, 0)
            """,
            new { locationId }
        );

    public async Task<string> AddTargetAsync(
        string url = "https://mdm.example.com/notify",
        string? secret = "s3cret"
    ) =>
        (
            await Service.AddAsync(
                LocationId,
                new RelayTargetInput { Url = url, Secret = secret },
                TestActor.Operator,
                CancellationToken.None
            )
        ).Target;

    /// <summary>Stores notifications like the intake; their bodies are their names.</summary>
    public async Task<long> PostAsync(string name, string locationId = LocationId, string? contentType = null)
    {
        var outcome = await Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = Encoding.UTF8.GetBytes(locationId),
                DedupHash = name.GetHashCode(StringComparison.Ordinal),
                NotificationId = Encoding.UTF8.GetBytes(name),
                Body = Encoding.UTF8.GetBytes(name),
                BodySha256 = System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(name)),
                ReceivedAt = Clock.GetUtcNow(),
                UserAgent = "Apple/1",
                ContentType = contentType,
            }
        );
        return outcome.Seq;
    }

    /// <summary>One pass with plenty of the lease left, and the batches that it starts.</summary>
    public async Task PassAsync()
    {
        await StartPassAsync();
        await pass.FinishBatchesAsync();
    }

    public async Task StartPassAsync()
    {
        lease ??= (await leases.TryAcquireAsync(RelayFanOut.Name, CancellationToken.None)).ShouldNotBeNull();
        lease.Extend(Clock.GetTimestamp(), TimeSpan.FromHours(1));
        await pass.RunAsync(lease, CancellationToken.None);
    }

    public Task FinishBatchesAsync() => pass.FinishBatchesAsync();

    /// <summary>A pass after every backoff.</summary>
    public Task LaterPassAsync()
    {
        Clock.Advance(AnyBackoff);
        return PassAsync();
    }

    /// <summary>Another owner of the lease: its memory is empty.</summary>
    public void Restart() => (pass, lease) = (CreatePass(), null);

    public async Task<RelayTargetStatus> StatusAsync(string target) =>
        (await Service.ListAsync(LocationId, CancellationToken.None)).Single(one => one.Target == target);

    public Task<long> CountAsync(string table) => test.ScalarAsync<long>($"select count(*) from {table}");

    public Task<int> ResendAsync(params long[] seqs) =>
        Service.ResendAsync(LocationId, targetId: null, seqs, TestActor.Operator, CancellationToken.None);

    public Task SetStateAsync(string state, string? target = null) =>
        Service.SetStateAsync(LocationId, target, state, TestActor.Operator, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        client.Dispose();
        leases.Dispose();
        await test.DisposeAsync();
    }

    private RelayPass CreatePass() =>
        new(
            Database,
            new RelayFanOut(Database),
            new RelaySender(Database, client, protector, Metrics, Clock, NullLogger<RelaySender>.Instance),
            Options.Create(RelayOptions),
            Clock,
            NullLogger<RelayPass>.Instance
        );

    private sealed class HostingEnvironment : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = Environments.Production;

        public string ApplicationName { get; set; } = "tests";

        public string ContentRootPath { get; set; } = "";

        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = null!;
    }
}

internal sealed record ReceivedDelivery(string Body, string? Authorization, string? ContentType, string? UserAgent);

/// <summary>The MDMs, by host; each records what it accepts.</summary>
internal sealed class ScriptedMdms : HttpMessageHandler
{
    private readonly Lock access = new();
    private readonly List<(string Host, ReceivedDelivery Delivery)> accepted = [];

    /// <summary>The answer to a body of a host; 200 by default.</summary>
    public Func<string, string, CancellationToken, Task<HttpResponseMessage>> Answer { get; set; } =
        (_, _, _) => Status(HttpStatusCode.OK);

    public int Attempts { get; private set; }

    public IReadOnlyList<string> Accepted(string host = "mdm.example.com") =>
        [.. AcceptedDeliveries(host).Select(delivery => delivery.Body)];

    public IReadOnlyList<ReceivedDelivery> AcceptedDeliveries(string host = "mdm.example.com")
    {
        lock (access)
        {
            return [.. accepted.Where(one => one.Host == host).Select(one => one.Delivery)];
        }
    }

    public void AnswerAll(HttpStatusCode status) => Answer = (_, _, _) => Status(status);

    public static Task<HttpResponseMessage> Status(HttpStatusCode status) =>
        Task.FromResult(new HttpResponseMessage(status));

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        var host = request.RequestUri!.Host;
        var body = await request.Content!.ReadAsStringAsync(cancellationToken);
        lock (access)
        {
            Attempts++;
        }

        var response = await Answer(host, body, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            lock (access)
            {
                accepted.Add(
                    (
                        host,
                        new ReceivedDelivery(
                            body,
                            request.Headers.Authorization?.ToString(),
                            request.Content.Headers.ContentType?.ToString(),
                            request.Headers.UserAgent.ToString()
                        )
                    )
                );
            }
        }

        return response;
    }
}
