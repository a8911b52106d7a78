using Microsoft.Data.Sqlite;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

/// <summary>Where the keys are stored.</summary>
/// <param name="InDatabase">Whether they are in the table <c>data_protection_key</c>.</param>
/// <param name="Folder">The folder that they are in otherwise, and that keys are imported from.</param>
internal sealed record KeyRingPlace(bool InDatabase, string Folder)
{
    public static KeyRingPlace Create(KeyRingOptions options, StorageOptions storage) =>
        new(
            storage.IsSqlServer || options.HasCertificate,
            options.Folder is { } folder ? Path.GetFullPath(folder)
                : storage.IsSqlServer ? Path.GetFullPath(Path.Combine("data", "keys"))
                : Beside(new SqliteConnectionStringBuilder(storage.ConnectionString).DataSource)
        );

    public static string Beside(string sqliteFile) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(sqliteFile))!, "keys");
}
