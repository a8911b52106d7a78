namespace NotificationHub.Storage;

/// <summary>Where the logs, the snapshots and the locations are kept.</summary>
internal sealed class StorageOptions
{
    public const string Section = "Storage";

    /// <summary>The database engine; <c>Sqlite</c>.</summary>
    public string Provider { get; set; } = "Sqlite";

    public string ConnectionString { get; set; } = "Data Source=data/notificationhub.db";

    /// <summary>Whether serving brings the schema up to date; if not, it refuses a database that is older.</summary>
    public bool MigrateOnStart { get; set; } = true;

    /// <summary>How long an owner of a stage may be silent before another replica takes over.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a write waits for another process that holds the database.</summary>
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a replica looks for changes to locations and secrets that were made elsewhere.</summary>
    public TimeSpan ChangePollInterval { get; set; } = TimeSpan.FromMilliseconds(250);
}
