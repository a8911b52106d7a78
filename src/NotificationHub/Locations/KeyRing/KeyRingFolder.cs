using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace NotificationHub.Locations.KeyRing;

/// <summary>The keys as files that only the hub's own user can read: with them and the database, anyone can read the content tokens.</summary>
internal sealed class KeyRingFolder(DirectoryInfo folder, ILoggerFactory loggers)
    : FileSystemXmlRepository(CreatePrivate(folder), loggers)
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public override void StoreElement(XElement element, string friendlyName)
    {
        base.StoreElement(element, friendlyName);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles("*.xml"))
        {
            File.SetUnixFileMode(file.FullName, FileMode);
        }
    }

    // On Windows the folder inherits its parent's permissions.
    private static DirectoryInfo CreatePrivate(DirectoryInfo folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return System.IO.Directory.CreateDirectory(folder.FullName);
        }

        var created = System.IO.Directory.CreateDirectory(folder.FullName, FolderMode);
        // An existing folder may be open to other users.
        File.SetUnixFileMode(created.FullName, FolderMode);
        return created;
    }
}
