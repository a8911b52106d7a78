using Microsoft.Data.Sqlite;

namespace NotificationHub.Storage;

internal sealed class StorageOptions
{
    public const string Section = "Storage";

    public const string Sqlite = "Sqlite";
    public const string SqlServer = "SqlServer";

    /// <summary>The database engine: <c>Sqlite</c>, or <c>SqlServer</c> for SQL Server and Azure SQL.</summary>
    public string Provider { get; set; } = Sqlite;

    /// <summary>
    /// SQLite: the file. SQL Server: the server, the database and the authentication; for a managed identity,
    /// <c>Authentication=Active Directory Default</c>.
    /// </summary>
    public string ConnectionString { get; set; } = "Data Source=data/notificationhub.db";

    /// <summary>Whether the hub migrates the schema when it starts; if not, it refuses to start on an older schema.</summary>
    public bool MigrateOnStart { get; set; } = true;

    /// <summary>How long a stage's owner may be silent before another replica takes over.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The folder <c>keys</c> next to a SQLite file.</summary>
    public string KeyFolder =>
        Path.Combine(
            Path.GetDirectoryName(Path.GetFullPath(new SqliteConnectionStringBuilder(ConnectionString).DataSource))!,
            "keys"
        );

    public bool IsSqlServer => Provider == SqlServer;

    /// <summary>How long a write waits for a lock of another process; commands wait at least 30 seconds.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
