using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Servers;

/// <summary>A hub's database, as settings.</summary>
internal sealed record StoreSettings(string Provider, string ConnectionString)
{
    public static StoreSettings File(string path) => new(StorageOptions.Sqlite, $"Data Source={path}");

    // Passed in the environment: a connection string may contain a password, and arguments are visible to all.
    public void AddTo(IDictionary<string, string?> environment)
    {
        environment["Storage__Provider"] = Provider;
        environment["Storage__ConnectionString"] = ConnectionString;
        if (Provider == StorageOptions.SqlServer)
        {
            // On SQL Server, the key ring is in the database; without a certificate, it requires Development.
            environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        }
    }

    /// <summary>Opens the database beside the hub, or before the hub starts.</summary>
    public Database Open() =>
        StorageSetup.Create(
            new StorageOptions { Provider = Provider, ConnectionString = ConnectionString },
            TimeProvider.System
        );
}
