using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>Where a hub keeps its logs, as its settings say it.</summary>
internal sealed record StorePlace(string Provider, string ConnectionString)
{
    public static StorePlace File(string path) => new(StorageOptions.Sqlite, $"Data Source={path}");

    /// <summary>Tells a hub's process: a connection string may hold a password, and arguments are for all to see.</summary>
    public void SayIn(IDictionary<string, string?> environment)
    {
        environment["Storage__Provider"] = Provider;
        environment["Storage__ConnectionString"] = ConnectionString;
        if (Provider == StorageOptions.SqlServer)
        {
            // There the key ring is kept in the database, where without a key of its own it must be a development's.
            environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        }
    }

    /// <summary>Looks at it beside the hub, or before there is one.</summary>
    public Database Open() =>
        StorageSetup.Create(
            new StorageOptions { Provider = Provider, ConnectionString = ConnectionString },
            TimeProvider.System
        );
}
