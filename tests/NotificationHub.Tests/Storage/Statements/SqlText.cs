using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage.Statements;

/// <summary>A statement as it is for SQL Server.</summary>
/// <param name="Place">The file and the first line.</param>
/// <param name="IsFile">Whether it is an embedded file, which declares its parameters.</param>
internal sealed record SqlText(string Place, string Text, bool IsFile = false)
{
    /// <summary>The embedded files below a folder.</summary>
    public static IEnumerable<SqlText> FilesIn(string folder)
    {
        var files = new SqlFiles(folder);
        return files.Names.Select(name => new SqlText($"{folder}{name}.sql", files[name], IsFile: true));
    }
}
