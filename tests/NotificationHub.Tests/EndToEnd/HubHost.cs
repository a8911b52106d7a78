using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub on its own Kestrel and a free port, with a database in a folder of its own.</summary>
internal sealed class HubHost : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly WebApplication app;

    private HubHost(TemporaryFolder folder, WebApplication app)
    {
        this.folder = folder;
        this.app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HttpClient Http { get; }

    public IServiceProvider Services => app.Services;

    public Database Database => Services.GetRequiredService<Database>();

    public string Folder => folder.Path;

    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static Task<HubHost> StartAsync(params string[] settings) => StartAsync(configure: null, settings);

    public static async Task<HubHost> StartAsync(Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        var folder = new TemporaryFolder();
        try
        {
            string[] arguments =
            [
                "--urls=http://127.0.0.1:0",
                "--environment=Development",
                "--Logging:LogLevel:Default=None",
                "--Hosting:DrainFor=00:00:00",
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
                .. settings.Select(setting => $"--{setting}"),
            ];
            var app = HubApplication.Build(arguments, configure);
            await app.StartAsync();
            return new HubHost(folder, app);
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
        folder.Dispose();
    }
}
