using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NotificationHub.Locations;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Publishing.CloudEvents;
using AppleClient = NotificationHub.Apple.AppleClient;
using ContentToken = NotificationHub.Apple.ContentToken;
using MdmInfo = NotificationHub.Apple.MdmInfo;

namespace NotificationHub.Tests.Locations;

/// <summary>The running hub, a simulated Apple with one location, and the network between the two.</summary>
internal sealed partial class RegistrationScene : IAsyncDisposable
{
    private RegistrationScene(
        SimulatedApple apple,
        SimulatedLocation library,
        LossyNetwork network,
        LogLines log,
        HubHost hub
    )
    {
        Apple = apple;
        Library = library;
        Network = network;
        Log = log;
        Hub = hub;
    }

    public SimulatedApple Apple { get; }

    public SimulatedLocation Library { get; }

    public LossyNetwork Network { get; }

    public LogLines Log { get; }

    public HubHost Hub { get; }

    public Uri HubUrl => Hub.Http.BaseAddress!;

    /// <summary>Without the import in the background, which could find a change at Apple before the tested code does.</summary>
    public static Task<RegistrationScene> StartWithoutImportAsync() => StartAsync(null, "FullSync:Enabled=false");

    public static Task<RegistrationScene> StartAsync(SimulatedAppleOptions? options = null, params string[] settings) =>
        StartAsync(options, new ReplicaTimings(), settings);

    public static Task<RegistrationScene> StartWithAsync(ReplicaTimings timings) => StartAsync(null, timings, []);

    private static async Task<RegistrationScene> StartAsync(
        SimulatedAppleOptions? options,
        ReplicaTimings timings,
        string[] settings
    )
    {
        var apple = await SimulatedApple.StartAsync(options);
        var library = apple.AddLocation();
        var network = new LossyNetwork();
        var log = new LogLines();
        var hub = await HubHost.StartAsync(
            builder =>
            {
                builder.Services.AddHttpClient(AppleClient.HttpClientName).AddHttpMessageHandler(() => network);
                builder.Logging.AddProvider(log);
                builder.Services.AddSingleton(timings);
            },
            [$"Apple:BaseUrl={apple.BaseUrl}", "Logging:LogLevel:Default=Debug", .. settings]
        );
        return new RegistrationScene(apple, library, network, log, hub);
    }

    public async Task<Location> RegisterAsync(MdmInfo? mdmInfo = null, Uri? hubUrl = null) =>
        (
            await Service<LocationRegistration>()
                .RegisterAsync(new RegistrationRequest(Token(), hubUrl ?? HubUrl, mdmInfo), CancellationToken.None)
        ).Location;

    public async Task<LocationException> FailToRegisterAsync(Uri? hubUrl = null) =>
        await Should.ThrowAsync<LocationException>(() => RegisterAsync(hubUrl: hubUrl));

    public async Task<IReadOnlyList<Location>> LocationsAsync()
    {
        await using var connection = await Hub.Database.OpenReaderAsync(CancellationToken.None);
        return await LocationStore.ListAsync(connection);
    }

    public async Task<IReadOnlyList<string>> SecretStatesAsync() =>
        await Hub.Database.WriteAsync(
            transaction => transaction.QueryAsync<string>("select state from notification_secret order by secret_id"),
            CancellationToken.None
        );

    public async Task<IReadOnlyList<EventEntry>> EventsAsync(string name)
    {
        await using var connection = await Hub.Database.OpenReaderAsync(CancellationToken.None);
        var events = await EventLog.ReadPageAsync(
            connection,
            0,
            new EventFilter(Type: name),
            100,
            CancellationToken.None
        );
        return events.ShouldBeCloudEvents();
    }

    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        await Apple.DisposeAsync();
    }

    public ContentToken Token() => ContentToken.Parse(Library.ContentTokenFile);
}
