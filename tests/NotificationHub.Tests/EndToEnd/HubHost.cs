using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting;
using NotificationHub.Hosting.Connections;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub on its own Kestrel and a free port, with a database of its own.</summary>
internal sealed class HubHost : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;
    private readonly bool ownsStore;

    private HubHost(TemporaryFolder folder, TestStore store, bool ownsStore, WebApplication app)
    {
        this.folder = folder;
        this.ownsStore = ownsStore;
        this.app = app;
        Store = store;
        var admin = app.Services.GetRequiredService<AdminListeners>().Urls.ToList();
        AdminUrl = admin is [var url] ? new Uri(url) : null;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Except(admin).Single()) };
    }

    /// <summary>The listener of <c>Admin:Urls</c>, if there is one.</summary>
    public Uri? AdminUrl { get; }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public Database Database => Services.GetRequiredService<Database>();

    public TestStore Store { get; }

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

    /// <summary>On a store that outlives it.</summary>
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
            string[] arguments =
            [
                "--urls=http://127.0.0.1:0",
                "--environment=Development",
                "--Logging:LogLevel:Default=None",
                "--Hosting:DrainFor=00:00:00",
                .. store.Settings.Concat(settings).Select(setting => $"--{setting}"),
            ];
            var app = HubApplication.Build(arguments, configure);
            await app.StartAsync();
            return new HubHost(folder, store, ownsStore, app);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>A receive-only location, whose secret the intake accepts when this returns.</summary>
    public Task<TestLocation> AddLocationAsync(string? uId = null) => TestLocation.AddAsync(this, uId);

    public Task StopAsync() => app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync();
        await app.DisposeAsync();
        if (ownsStore)
        {
            Store.Dispose();
        }

        folder.Dispose();
    }
}
