using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>A later version with one more migration.</summary>
internal static class FutureMigrations
{
    public const string Name = "9999_future";

    private const string Folder = "Sqlite/Migrations/";

    public static SqlFiles Migrations(string migration)
    {
        var today = new SqlFiles(Folder);
        var texts = today.Names.ToDictionary(name => name, name => today[name], StringComparer.Ordinal);
        texts.Add(Name, migration);
        return new SqlFiles(Folder, texts);
    }
}
