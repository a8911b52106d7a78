using System.Runtime.Versioning;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Which users of the machine may read the database: bodies hold e-mail addresses, serial numbers and invite codes.</summary>
[UnsupportedOSPlatform("windows")]
internal static class FileModes
{
    public const UnixFileMode PrivateFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public const UnixFileMode PrivateFolder = PrivateFile | UnixFileMode.UserExecute;

    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    /// <summary>Whether another user may read or write it.</summary>
    public static bool IsOpenToOthers(string path) => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;

    /// <summary>Whether another user may rename or delete what is in the folder.</summary>
    public static bool LetsOthersRename(string folder)
    {
        var mode = File.GetUnixFileMode(folder);
        return (mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != UnixFileMode.None
            && (mode & UnixFileMode.StickyBit) == UnixFileMode.None;
    }

    /// <summary>Takes the rights of other users away, where this user may do so; <c>doctor</c> reports what is left.</summary>
    public static void Restrict(string path)
    {
        try
        {
            if (File.Exists(path) && IsOpenToOthers(path))
            {
                File.SetUnixFileMode(path, File.GetUnixFileMode(path) & ~Others);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The file belongs to another user, or was deleted meanwhile.
        }
    }
}
