using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting.Connections;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub on Kestrel and a free port. Tests that need no socket use <see cref="ScenarioHub"/>.</summary>
internal sealed class HubHost : TestHub
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;
    private readonly bool ownsStore;
    private bool ended;

    private HubHost(TemporaryFolder folder, TestStore store, bool ownsStore, WebApplication app)
        : base(store)
    {
        this.folder = folder;
        this.ownsStore = ownsStore;
        this.app = app;
        var admin = app.Services.GetRequiredService<AdminListeners>().Urls.ToList();
        AdminUrl = admin is [var url] ? new Uri(url) : null;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Except(admin).Single()) };
    }

    /// <summary>The listener of <c>Admin:Urls</c>, if there is one.</summary>
    public Uri? AdminUrl { get; }

    public override HttpClient Http { get; }

    public override IServiceProvider Services => app.Services;

    public string Folder => folder.Path;

    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static Task<HubHost> StartAsync(params string[] settings) => StartAsync(configure: null, settings);

    public static async Task<HubHost> StartAsync(Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        var folder = new TemporaryFolder();
        var store = TestStore.At(folder.File("hub.db"));
        try
        {
            return await StartAsync(folder, store, ownsStore: true, configure, settings);
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary>Starts on a store that outlives the hub.</summary>
    public static Task<HubHost> StartOnAsync(TestStore store, params string[] settings) =>
        StartAsync(new TemporaryFolder(), store, ownsStore: false, configure: null, settings);

    private static async Task<HubHost> StartAsync(
        TemporaryFolder folder,
        TestStore store,
        bool ownsStore,
        Action<WebApplicationBuilder>? configure,
        string[] settings
    )
    {
        try
        {
            var app = HubApplication.Build(Arguments(store, ["urls=http://127.0.0.1:0", .. settings]), configure);
            await app.StartAsync();
            return new HubHost(folder, store, ownsStore, app);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public Task StopAsync() => app.StopAsync();

    /// <summary>Stops the hub, which then exports the rest of its telemetry. The store and the folder remain.</summary>
    public async Task EndAsync()
    {
        if (!ended)
        {
            ended = true;
            Http.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await EndAsync();
        if (ownsStore)
        {
            Store.Dispose();
        }

        folder.Dispose();
    }
}
