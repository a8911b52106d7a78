using System.Runtime.Versioning;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Diagnostics;

/// <summary>Whether other users of the machine can read a key ring in a folder.</summary>
[UnsupportedOSPlatform("windows")]
internal static class KeyRingModes
{
    public static IEnumerable<DiagnosticResult> FaultsOf(string folder) =>
        new[] { folder }
            .Concat(Directory.EnumerateFiles(folder, "*.xml"))
            .Where(FileModes.IsOpenToOthers)
            .Select(path =>
                DiagnosticResult.Failed(
                    "can be read by other users of this machine",
                    $"chmod go= '{path}'; any user who could read it may have decrypted the content tokens.",
                    path
                )
            );
}
