using NotificationHub.Locations;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Simulator.Apple;
using NotificationHub.Storage;
using NotificationHub.Tests.Simulator.Apple;
using ContentToken = NotificationHub.Apple.ContentToken;
using MdmInfo = NotificationHub.Simulator.Apple.MdmInfo;

namespace NotificationHub.Tests.Locations.Takeovers;

/// <summary>A hub and a simulated Apple, shared by tests that each have a library of their own.</summary>
public sealed class TakeoverScene : IAsyncLifetime
{
    internal RegistrationScene Scene { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Scene = await RegistrationScene.StartAsync(null, "FullSync:Enabled=false");

    public ValueTask DisposeAsync() => Scene.DisposeAsync();

    internal async Task<Mdm> AddMdmAsync() => new(Scene, await NotificationReceiver.StartAsync());
}

/// <summary>A library whose notifications Apple sends to an MDM.</summary>
internal sealed class Mdm : IAsyncDisposable
{
    public const string Types = "ASSET_COUNT, ASSET_MANAGEMENT";

    private static int secrets;

    private readonly RegistrationScene scene;

    public Mdm(RegistrationScene scene, NotificationReceiver server)
    {
        this.scene = scene;
        Server = server;
        Library = scene.Apple.AddLocation();
        Configure();
    }

    public NotificationReceiver Server { get; }

    public SimulatedLocation Library { get; }

    public string Secret { get; set; } = $"the-mdms-own-secret-{Interlocked.Increment(ref secrets)}";

    public string Host => Server.Url.Authority;

    public RegistrationRequest Request(TakeoverMode mode, RelayDestination? relayTo = null, Uri? hubUrl = null) =>
        new(
            ContentToken.Parse(Library.ContentTokenFile),
            hubUrl ?? scene.HubUrl,
            Takeover: new TakeoverRequest(mode, relayTo)
        );

    /// <summary>The MDM sets its URL, secret and types at Apple.</summary>
    public void Configure(Uri? url = null) =>
        Library.Configuration = new(
            new MdmInfo("mdm-1", "The MDM", "since 2019"),
            url ?? Server.Url,
            Secret,
            ["ASSET_MANAGEMENT", "ASSET_COUNT"]
        );

    public Task<RegisteredLocation> AddAsync(TakeoverMode mode, RelayDestination? relayTo = null, Uri? hubUrl = null) =>
        scene.Service<LocationRegistration>().RegisterAsync(Request(mode, relayTo, hubUrl), CancellationToken.None);

    public async Task<LocationException> FailToAddAsync(
        TakeoverMode mode,
        RelayDestination? relayTo = null,
        Uri? hubUrl = null
    ) => await Should.ThrowAsync<LocationException>(() => AddAsync(mode, relayTo, hubUrl));

    public Task<RemoveResult> RemoveAsync(Location location, bool skipApple = false, bool noRestore = false) =>
        scene
            .Service<LocationRemoval>()
            .RemoveAsync(
                new RemoveRequest(location.LocationId, SkipApple: skipApple, NoRestore: noRestore),
                CancellationToken.None
            );

    public async Task<Location?> FindLocationAsync() =>
        (await scene.LocationsAsync()).SingleOrDefault(one =>
            one.UId == Library.UId && one.State != LocationState.Removed
        );

    /// <summary>The stored configuration; null if there is none.</summary>
    public async Task<ReplacedConfiguration?> FindReplacedAsync() =>
        await FindLocationAsync() is { } location
            ? await scene.Hub.Database.ReadAsync(
                connection => ReplacedConfigurations.FindAsync(connection, location.LocationId),
                CancellationToken.None
            )
            : null;

    public async Task<IReadOnlyList<RelayTarget>> TargetsAsync(Location location) =>
        await scene.Hub.Database.ReadAsync(
            connection => RelayTargetStore.ListAsync(connection, location.LocationId),
            CancellationToken.None
        );

    public string? Decrypt(byte[]? secret) =>
        secret is null ? null : scene.Service<ContentTokenProtector>().UnprotectRelaySecret(secret).Reveal();

    /// <summary>The stored configuration is this MDM's.</summary>
    public async Task ShouldBeStoredAsync()
    {
        var replaced = (await FindReplacedAsync()).ShouldNotBeNull();
        (replaced.NotificationUrl, Decrypt(replaced.Secret)).ShouldBe((Server.Url.OriginalString, Secret));
        LocationStore
            .ReadTypes(replaced.NotificationTypes)
            .ShouldBe(["ASSET_COUNT", "ASSET_MANAGEMENT"], ignoreOrder: true);
    }

    /// <summary>Apple has this MDM's configuration, as before the hub.</summary>
    public void ShouldBeAtApple()
    {
        var configured = Library.Configuration;
        (configured.NotificationUrl, configured.NotificationAuthToken).ShouldBe((Server.Url, Secret));
        configured.MdmInfo.ShouldBe(new MdmInfo("mdm-1", "The MDM", "since 2019"));
        configured.NotificationTypes.ShouldBe(["ASSET_COUNT", "ASSET_MANAGEMENT"], ignoreOrder: true);
    }

    public bool IsHubAtApple =>
        Library.Configuration.NotificationUrl?.OriginalString.StartsWith(
            scene.HubUrl.OriginalString,
            StringComparison.Ordinal
        ) == true;

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
