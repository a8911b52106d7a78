using System.Runtime.Versioning;

namespace NotificationHub.Hosting.Diagnosis;

/// <summary>Whether other users of the machine can read a key ring in a folder.</summary>
[UnsupportedOSPlatform("windows")]
internal static class KeyRingModes
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    public static IEnumerable<Finding> FaultsOf(string folder) =>
        new[] { folder }
            .Concat(Directory.EnumerateFiles(folder, "*.xml"))
            .Where(path => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            .Select(path =>
                Finding.Failed(
                    "can be read by other users of this machine",
                    $"chmod go= '{path}'; whoever could read it may have the content tokens.",
                    path
                )
            );
}
