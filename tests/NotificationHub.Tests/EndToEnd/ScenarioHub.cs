using System.Net;
using Alba;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub on ASP.NET Core's test server, without a socket: for tests of requests and responses.</summary>
internal sealed class ScenarioHub : TestHub
{
    private readonly TemporaryFolder folder;
    private readonly IAlbaHost host;

    private ScenarioHub(TemporaryFolder folder, TestStore store, IAlbaHost host)
        : base(store)
    {
        this.folder = folder;
        this.host = host;
        Http = host.GetTestClient();
    }

    public override HttpClient Http { get; }

    public override IServiceProvider Services => host.Services;

    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static async Task<ScenarioHub> StartAsync(params string[] settings)
    {
        var folder = new TemporaryFolder();
        var store = TestStore.At(folder.File("hub.db"));
        try
        {
            var hub = HubApplication.Compose(Arguments(store, settings));
            hub.ThrowIfInvalid();
            hub.Services.AddSingleton<IStartupFilter, FromLoopback>();
            return new ScenarioHub(folder, store, await AlbaHost.For(hub.Host, HubApplication.Map));
        }
        catch
        {
            store.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request, from loopback by default, and checks the response; expects 200 by default.</summary>
    public Task<IScenarioResult> ScenarioAsync(Action<Scenario> scenario) => host.Scenario(scenario);

    /// <summary>The body of the response to a GET.</summary>
    public async Task<string> TextAsync(string url) =>
        await (await ScenarioAsync(scenario => scenario.Get.Url(url))).ReadAsTextAsync();

    public override async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await host.DisposeAsync();
        Store.Dispose();
        folder.Dispose();
    }

    /// <summary>Sets the remote address, which the test server leaves empty.</summary>
    private sealed class FromLoopback : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
            app =>
            {
                app.Use(
                    (context, handle) =>
                    {
                        context.Connection.RemoteIpAddress ??= IPAddress.Loopback;
                        return handle(context);
                    }
                );
                next(app);
            };
    }
}
