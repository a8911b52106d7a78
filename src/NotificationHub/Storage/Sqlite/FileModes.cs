using System.Runtime.Versioning;

namespace NotificationHub.Storage.Sqlite;

/// <summary>Restricts the database files to their owner: bodies contain email addresses, serial numbers and invite codes.</summary>
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

    public static bool IsOpenToOthers(string path) => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None;

    /// <summary>Whether another user may rename or delete what is in the folder.</summary>
    public static bool LetsOthersRename(string folder)
    {
        var mode = File.GetUnixFileMode(folder);
        return (mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != UnixFileMode.None
            && (mode & UnixFileMode.StickyBit) == UnixFileMode.None;
    }

    /// <summary>Removes the access of other users, if this user may do so; <c>doctor</c> reports remaining access.</summary>
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
            // Another user owns the file, or it was deleted in the meantime.
        }
    }
}
