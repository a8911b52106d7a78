using Microsoft.Data.Sqlite;

namespace NotificationHub.Storage;

/// <summary>Where the logs, the snapshots and the locations are kept.</summary>
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

    /// <summary>Whether serving brings the schema up to date; if not, it refuses a database that is older.</summary>
    public bool MigrateOnStart { get; set; } = true;

    /// <summary>How long an owner of a stage may be silent before another replica takes over.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The folder <c>keys</c> beside a SQLite file.</summary>
    public string KeyFolder =>
        Path.Combine(
            Path.GetDirectoryName(Path.GetFullPath(new SqliteConnectionStringBuilder(ConnectionString).DataSource))!,
            "keys"
        );

    public bool IsSqlServer => Provider == SqlServer;

    /// <summary>How long a write waits for another process that has locked the database or the rows; a command waits at least 30 seconds.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a replica looks for changes to locations and secrets that were made elsewhere.</summary>
    public TimeSpan ChangePollInterval { get; set; } = TimeSpan.FromMilliseconds(250);
}
