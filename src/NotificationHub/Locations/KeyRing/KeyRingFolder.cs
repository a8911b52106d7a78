using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace NotificationHub.Locations.KeyRing;

/// <summary>The key ring as files that only the hub's own user can read: whoever has them and the database has the content tokens.</summary>
internal sealed class KeyRingFolder(DirectoryInfo folder, ILoggerFactory loggers)
    : FileSystemXmlRepository(CreatePrivate(folder), loggers)
{
    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public override void StoreElement(XElement element, string friendlyName)
    {
        base.StoreElement(KeyRingXml.WithoutVersion(element), friendlyName);
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in Directory.EnumerateFiles("*.xml"))
        {
            File.SetUnixFileMode(file.FullName, FileMode);
        }
    }

    // On Windows the folder inherits what its parent allows.
    private static DirectoryInfo CreatePrivate(DirectoryInfo folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return System.IO.Directory.CreateDirectory(folder.FullName);
        }

        var created = System.IO.Directory.CreateDirectory(folder.FullName, FolderMode);
        // One that was there before may be open to others.
        File.SetUnixFileMode(created.FullName, FolderMode);
        return created;
    }
}
