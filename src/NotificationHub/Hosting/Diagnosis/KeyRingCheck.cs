using System.Runtime.Versioning;
using System.Security.Cryptography;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Diagnosis;

/// <summary>Whether the key ring is closed to others, and is the one that the content tokens were encrypted with.</summary>
internal sealed class KeyRingCheck(Database database, KeyRingPlace place, IServiceProvider services) : IHubCheck
{
    private const UnixFileMode Others =
        UnixFileMode.GroupRead
        | UnixFileMode.GroupWrite
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherWrite
        | UnixFileMode.OtherExecute;

    public string Name => "key ring";

    public bool NeedsDatabase => true;

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        var locations = await AllLocations
            .ReadAsync(database, cancellationToken)
            .Where(location => location.ContentToken is not null)
            .ToListAsync(cancellationToken);
        if (locations.Count == 0)
        {
            return [Finding.NotChecked("no content token is kept yet")];
        }

        // Before anything is decrypted: that makes the folder, and closes it.
        if (!Directory.Exists(place.Folder) || !Directory.EnumerateFiles(place.Folder, "*.xml").Any())
        {
            return [Finding.Failed($"there is no key in {place.Folder}", Restore)];
        }

        List<Finding> findings = [.. OperatingSystem.IsWindows() ? [] : FaultsOfModes()];
        findings.AddRange(FaultsOfTokens(locations));
        return findings.Count > 0
            ? findings
            : [Finding.Ok($"{place.Folder} is closed to others and decrypts {locations.Count} content token(s)")];
    }

    private string Restore =>
        $"Put the key ring of this database's backup into {place.Folder}, or name its folder with --Locations:KeyRing=…; "
        + "where it is lost, download each content token anew and run `locations renew`.";

    [UnsupportedOSPlatform("windows")]
    private IEnumerable<Finding> FaultsOfModes() =>
        new[] { place.Folder }
            .Concat(Directory.EnumerateFiles(place.Folder, "*.xml"))
            .Where(path => (File.GetUnixFileMode(path) & Others) != UnixFileMode.None)
            .Select(path =>
                Finding.Failed(
                    "can be read by other users of this machine",
                    $"chmod go= '{path}'; whoever could read it may have the content tokens.",
                    path
                )
            );

    private IEnumerable<Finding> FaultsOfTokens(IEnumerable<Location> locations)
    {
        var protector = services.GetRequiredService<ContentTokenProtector>();
        foreach (var location in locations)
        {
            if (!CanDecrypt(protector, location.ContentToken!))
            {
                yield return Finding.Failed(
                    "its content token was encrypted with a key that is not here",
                    Restore,
                    location.LocationId
                );
            }
        }
    }

    private static bool CanDecrypt(ContentTokenProtector protector, byte[] token)
    {
        try
        {
            protector.Unprotect(token);
            return true;
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
