using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Storage;
using NotificationHub.Tests.Storage.Stores;

namespace NotificationHub.Tests.EndToEnd;

/// <summary>The real hub with a database of its own, on any server.</summary>
internal abstract class TestHub(TestStore store) : IAsyncDisposable
{
    /// <summary>Sends requests from this machine.</summary>
    public abstract HttpClient Http { get; }

    public abstract IServiceProvider Services { get; }

    public Database Database => Services.GetRequiredService<Database>();

    public TestStore Store => store;

    /// <summary>A receive-only location, whose secret the intake accepts when this returns.</summary>
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
