using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>The version after this one, which has one migration more.</summary>
internal static class Further
{
    public const string Name = "9999_further";

    private const string Folder = "Sqlite/Migrations/";

    public static SqlFiles Migrations(string migration)
    {
        var today = new SqlFiles(Folder);
        var texts = today.Names.ToDictionary(name => name, name => today[name], StringComparer.Ordinal);
        texts.Add(Name, migration);
        return new SqlFiles(Folder, texts);
    }
}
