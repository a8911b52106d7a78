using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub with its own database, on any server.</summary>
internal abstract class TestHub(TestStore store) : IAsyncDisposable
{
    /// <summary>Sends requests from loopback.</summary>
    public abstract HttpClient Http { get; }

    public abstract IServiceProvider Services { get; }

    public Database Database => Services.GetRequiredService<Database>();

    public TestStore Store => store;

    /// <summary>Adds a receive-only location and waits until intake accepts its secret.</summary>
    public Task<TestLocation> AddLocationAsync(string? uId = null) => TestLocation.AddAsync(this, uId);

    public abstract ValueTask DisposeAsync();

    protected static string[] Arguments(TestStore store, string[] settings) =>
        [
            "--environment=Development",
            "--Logging:LogLevel:Default=None",
            "--Hosting:DrainDelay=00:00:00",
            .. store.Settings.Concat(settings).Select(setting => $"--{setting}"),
        ];
}
