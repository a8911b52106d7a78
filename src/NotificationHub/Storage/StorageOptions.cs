using FluentValidation;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage.SqlServer;

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

    /// <summary>How long a write waits for a lock of another process; commands wait at least 10 seconds.</summary>
    public TimeSpan LockTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>SQLite: how many recent notifications are checked for repeats; each takes 48 bytes of memory.</summary>
    public int DeduplicationWindow { get; set; } = 1_000_000;
}

internal sealed class StorageOptionsValidator : AbstractValidator<StorageOptions>
{
    public StorageOptionsValidator()
    {
        RuleFor(options => options.Provider)
            .Must(provider => provider is StorageOptions.Sqlite or StorageOptions.SqlServer)
            .WithMessage($"must be {StorageOptions.Sqlite} or {StorageOptions.SqlServer}");
        When(options => options.IsSqlServer, RequireDatabase).Otherwise(RequireFile);
        RuleFor(options => options.LeaseDuration)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must be between 1 second and 5 minutes");
        RuleFor(options => options.LockTimeout)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(1))
            .WithMessage("must be between 0 and 1 minute");
        RuleFor(options => options.DeduplicationWindow)
            .InclusiveBetween(10_000, 10_000_000)
            .WithMessage("must be between 10000 and 10000000; Apple repeats a delivery within five minutes");
    }

    private void RequireDatabase() =>
        RuleFor(options => options.ConnectionString)
            .Cascade(CascadeMode.Stop)
            .Must(HasDatabase)
            .WithMessage(
                "must contain a server and a database, such as Server=contoso.database.windows.net;Database=notificationhub;Authentication=Active Directory Default"
            )
            .Must(IsEncrypted)
            .WithMessage(
                "must not set Encrypt to False or Optional: without TLS, the driver's network layer on Linux can corrupt long texts. Use Encrypt=True; for a server with a self-signed certificate, also set TrustServerCertificate=True"
            )
            .Must(IsSupported)
            .WithMessage(
                (_, text) =>
                    $"must not set Authentication to {AuthenticationOf(text)}: this method needs a user or a secret, and the hub signs in with one identity to all Azure services. Use Authentication=Active Directory Default; for a service principal, also set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            )
            .Must(HasOneIdentity)
            .WithMessage(
                (_, text) =>
                    $"must not set User Id, Password or Integrated Security with {AuthenticationOf(text)}: the hub signs in with one identity to all Azure services. For a user-assigned managed identity, set AZURE_CLIENT_ID instead"
            );

    private void RequireFile() =>
        RuleFor(options => options.ConnectionString)
            .Cascade(CascadeMode.Stop)
            .Must(HasFile)
            .WithMessage(
                "must contain the path of a writable file, such as Data Source=data/notificationhub.db; a database in memory would lose accepted notifications"
            )
            .Must(HasNoPassword)
            .WithMessage(
                "must not set Password: this build of SQLite cannot encrypt files. Remove Password, and encrypt the disk instead"
            )
            .Custom(
                (text, context) =>
                {
                    if (DataFolder.FindError(FileOf(text)) is { } error)
                    {
                        context.AddFailure(error);
                    }
                }
            );

    private static string FileOf(string connectionString) =>
        Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    private static bool HasNoPassword(string connectionString) =>
        new SqliteConnectionStringBuilder(connectionString).Password.Length == 0;

    private static bool HasFile(string connectionString)
    {
        try
        {
            var builder = new SqliteConnectionStringBuilder(connectionString);
            return builder.DataSource.Length > 0
                && builder.Mode is SqliteOpenMode.ReadWrite or SqliteOpenMode.ReadWriteCreate
                // A URI can contain everything that is rejected here.
                && !builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
                && !builder.DataSource.Contains(":memory:", StringComparison.Ordinal);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return false;
        }
    }

    // Observed with SqlClient's managed network layer: if TCP splits a packet, it reads the packet header as text. Recheck with each upgrade.
    private static bool IsEncrypted(string connectionString) =>
        new SqlConnectionStringBuilder(connectionString).Encrypt;

    private static SqlAuthenticationMethod AuthenticationOf(string connectionString) =>
        new SqlConnectionStringBuilder(connectionString).Authentication;

    private static bool IsSupported(string connectionString) =>
        AuthenticationOf(connectionString) is var method
        && (EntraProvider.IsSupportedMethod(method) || !EntraProvider.IsEntra(method));

    private static bool HasOneIdentity(string connectionString) =>
        !EntraProvider.IsEntra(AuthenticationOf(connectionString))
        || new SqlConnectionStringBuilder(connectionString)
            is { UserID.Length: 0, Password.Length: 0, IntegratedSecurity: false };

    private static bool HasDatabase(string connectionString)
    {
        try
        {
            return new SqlConnectionStringBuilder(connectionString)
                is { DataSource.Length: > 0, InitialCatalog.Length: > 0 };
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return false;
        }
    }

    // An unknown keyword, or a value of the wrong type or out of range. Its text is not reported, because it may contain a password.
    private static bool IsUnreadable(Exception exception) =>
        exception is ArgumentException or FormatException or OverflowException or KeyNotFoundException;
}

/// <summary>Validates the path of the database file before anything is created.</summary>
internal static class DataFolder
{
    /// <returns>Why the file cannot be created there; null if it can.</returns>
    public static string? FindError(string file)
    {
        if (Directory.Exists(file))
        {
            return $"{file} is a folder; specify a file in it";
        }

        var folder = Path.GetDirectoryName(file);
        while (folder is not null && !Directory.Exists(folder))
        {
            if (File.Exists(folder))
            {
                return $"{folder} is a file, not a folder";
            }

            folder = Path.GetDirectoryName(folder);
        }

        return folder is null ? $"{Path.GetPathRoot(file)} does not exist" : FindWriteError(folder);
    }

    // Only an attempt shows it: permissions, read-only mounts and quotas are too many to check.
    private static string? FindWriteError(string folder)
    {
        try
        {
            using var attempt = new FileStream(
                Path.Combine(folder, Path.GetRandomFileName()),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.DeleteOnClose,
                }
            );
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"the folder {folder} cannot be written: {exception.Message}";
        }
    }
}
