using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>Where a hub keeps its logs, as its settings say it.</summary>
internal sealed record StorePlace(string Provider, string ConnectionString)
{
    public static StorePlace File(string path) => new(StorageOptions.Sqlite, $"Data Source={path}");

    /// <summary>Looks at it beside the hub, or before there is one.</summary>
    public Database Open() =>
        StorageSetup.Create(
            new StorageOptions { Provider = Provider, ConnectionString = ConnectionString },
            TimeProvider.System
        );
}
