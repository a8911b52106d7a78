using FluentValidation;
using Microsoft.Data.SqlClient;
using Microsoft.Data.Sqlite;
using NotificationHub.Storage.SqlServer;

namespace NotificationHub.Storage;

internal sealed class StorageOptionsValidator : AbstractValidator<StorageOptions>
{
    public StorageOptionsValidator()
    {
        RuleFor(options => options.Provider)
            .Must(provider => provider is StorageOptions.Sqlite or StorageOptions.SqlServer)
            .WithMessage($"must be {StorageOptions.Sqlite} or {StorageOptions.SqlServer}");
        When(options => options.IsSqlServer, NameADatabase).Otherwise(NameAFile);
        RuleFor(options => options.LeaseDuration)
            .InclusiveBetween(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5))
            .WithMessage("must lie between one second and five minutes");
        RuleFor(options => options.BusyTimeout)
            .InclusiveBetween(TimeSpan.Zero, TimeSpan.FromMinutes(1))
            .WithMessage("must lie between zero and one minute");
        RuleFor(options => options.ChangePollInterval)
            .InclusiveBetween(TimeSpan.FromMilliseconds(10), TimeSpan.FromSeconds(1))
            .WithMessage("must lie between 10 milliseconds and one second");
    }

    private void NameADatabase() =>
        RuleFor(options => options.ConnectionString)
            .Cascade(CascadeMode.Stop)
            .Must(NamesADatabase)
            .WithMessage(
                "must name a server and a database, such as Server=contoso.database.windows.net;Database=notificationhub;Authentication=Active Directory Default"
            )
            .Must(Encrypts)
            .WithMessage(
                "must not set Encrypt to False or Optional: without TLS, the driver's network layer on Linux can corrupt long texts. Use Encrypt=True; for a server with a self-signed certificate, also set TrustServerCertificate=True"
            )
            .Must(IsServed)
            .WithMessage(
                (_, text) =>
                    $"must not set Authentication to {AuthenticationOf(text)}: this method needs a user or a secret, and the hub signs in with one identity to all Azure services. Use Authentication=Active Directory Default; for a service principal, also set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET"
            )
            .Must(NamesNoSecondIdentity)
            .WithMessage(
                (_, text) =>
                    $"must not set User Id, Password or Integrated Security with {AuthenticationOf(text)}: the hub signs in with one identity to all Azure services. For a user-assigned managed identity, set AZURE_CLIENT_ID instead"
            );

    private void NameAFile() =>
        RuleFor(options => options.ConnectionString)
            .Cascade(CascadeMode.Stop)
            .Must(NamesAFile)
            .WithMessage(
                "must name a file by its path, such as Data Source=data/notificationhub.db, that can be written (a database in memory would lose what was answered 200)"
            )
            .Must(HasNoPassword)
            .WithMessage(
                "must not set Password: this build of SQLite cannot encrypt files. Remove Password, and encrypt the disk instead"
            )
            .Custom(
                (text, context) =>
                {
                    if (DataFolder.FaultOf(FileOf(text)) is { } fault)
                    {
                        context.AddFailure(fault);
                    }
                }
            );

    private static string FileOf(string connectionString) =>
        Path.GetFullPath(new SqliteConnectionStringBuilder(connectionString).DataSource);

    private static bool HasNoPassword(string connectionString) =>
        new SqliteConnectionStringBuilder(connectionString).Password.Length == 0;

    private static bool NamesAFile(string connectionString)
    {
        try
        {
            var builder = new SqliteConnectionStringBuilder(connectionString);
            return builder.DataSource.Length > 0
                && builder.Mode is SqliteOpenMode.ReadWrite or SqliteOpenMode.ReadWriteCreate
                // A URI can say all that is refused here.
                && !builder.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase)
                && !builder.DataSource.Contains(":memory:", StringComparison.Ordinal);
        }
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return false;
        }
    }

    // Observed with SqlClient's managed network layer: if TCP splits a packet, it reads the packet header as text. Recheck with each upgrade.
    private static bool Encrypts(string connectionString) => new SqlConnectionStringBuilder(connectionString).Encrypt;

    private static SqlAuthenticationMethod AuthenticationOf(string connectionString) =>
        new SqlConnectionStringBuilder(connectionString).Authentication;

    private static bool IsServed(string connectionString) =>
        AuthenticationOf(connectionString) is var method
        && (EntraProvider.IsServed(method) || !EntraProvider.IsEntra(method));

    private static bool NamesNoSecondIdentity(string connectionString) =>
        !EntraProvider.IsEntra(AuthenticationOf(connectionString))
        || new SqlConnectionStringBuilder(connectionString)
            is { UserID.Length: 0, Password.Length: 0, IntegratedSecurity: false };

    private static bool NamesADatabase(string connectionString)
    {
        try
        {
            return new SqlConnectionStringBuilder(connectionString)
                is { DataSource.Length: > 0, InitialCatalog.Length: > 0 };
        }
        // It says which word it does not know; the rest of the text may be a password.
        catch (Exception exception) when (IsUnreadable(exception))
        {
            return false;
        }
    }

    // A word that is unknown, or a value that is not of its kind or beyond its range.
    private static bool IsUnreadable(Exception exception) =>
        exception is ArgumentException or FormatException or OverflowException or KeyNotFoundException;
}
