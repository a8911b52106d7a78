using System.Security.Cryptography;
using System.Xml.Linq;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Diagnosis;

/// <summary>Whether the key ring is closed to others, and is the one that the content tokens were encrypted with.</summary>
internal sealed class KeyRingCheck(
    Database database,
    KeyRingPlace place,
    KeyWraps wraps,
    TimeProvider time,
    IServiceProvider services
) : IHubCheck
{
    public string Name => "key ring";

    public bool NeedsDatabase => true;

    private string Place => place.Store == KeyRingStore.Database ? "the database" : place.Folder;

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
        var keys = (await ReadAsync(cancellationToken)).Where(KeyRingXml.IsKey).ToList();
        if (keys.Count == 0)
        {
            return [Finding.Failed($"there is no key in {Place}", AdviceFor(keys))];
        }

        List<Finding> findings =
        [
            .. place.Store == KeyRingStore.Database ? FaultsOfClear(keys)
            : OperatingSystem.IsWindows() ? []
            : KeyRingModes.FaultsOf(place.Folder),
        ];
        findings.AddRange(FaultsOfTokens(locations, AdviceFor(keys)));
        return findings.Count > 0
            ? findings
            : [Finding.Ok($"{Describe(keys)}; it decrypts {locations.Count} content token(s)")];
    }

    private async Task<IReadOnlyList<XElement>> ReadAsync(CancellationToken cancellationToken) =>
        place.Store == KeyRingStore.Database
            ?
            [
                .. (await new KeyRingTable(database, time).ReadAsync(cancellationToken)).Select(row =>
                    XElement.Parse(row.Xml)
                ),
            ]
        : Directory.Exists(place.Folder)
            ? [.. Directory.EnumerateFiles(place.Folder, "*.xml").Select(file => XElement.Load(file))]
        : [];

    private string Describe(IReadOnlyList<XElement> keys)
    {
        var closed = place.Store == KeyRingStore.Folder ? " is closed to others and" : "";
        return $"{Place}{closed} holds {keys.Count} key(s), {string.Join(", ", keys.GroupBy(HowWrapped).Select(group => $"{group.Count()} {group.Key}"))}";
    }

    private static string HowWrapped(XElement key) =>
        KeyRingXml.WrappedBy(key) is { } by ? $"wrapped by {by}"
        : KeyRingXml.IsClear(key) ? "not wrapped"
        : "wrapped by others than the hub";

    private static IEnumerable<Finding> FaultsOfClear(List<XElement> keys)
    {
        var clear = keys.Count(KeyRingXml.IsClear);
        if (clear > 0)
        {
            yield return Finding.Failed(
                $"{clear} key(s) in the database are not wrapped",
                "Set Locations:KeyRingCertificate or Locations:KeyRingKeyVaultKey and start the hub, which wraps them; whoever reads the "
                    + "database has the content tokens until then."
            );
        }
    }

    private string AdviceFor(IReadOnlyList<XElement> keys)
    {
        const string lost = "where it is lost, download each content token anew and run `locations renew`.";
        var unknown = keys.Select(KeyRingXml.WrappedBy)
            .OfType<string>()
            .Distinct()
            .Where(by => !wraps.Know(by))
            .ToList();
        if (unknown.Count > 0)
        {
            return $"The key ring is wrapped by {string.Join(" and by ", unknown)}, too: name that in Locations:KeyRingOldCertificates:0 or "
                + $"Locations:KeyRingOldKeyVaultKeys:0; {lost}";
        }

        return place.Store == KeyRingStore.Database
            ? $"Restore the table data_protection_key from a backup, or name with Locations:KeyRing the folder where the ring was before; {lost}"
            : $"Put the key ring of this database's backup into {place.Folder}, or name its folder with --Locations:KeyRing=…; {lost}";
    }

    private IEnumerable<Finding> FaultsOfTokens(IEnumerable<Location> locations, string advice)
    {
        var protector = services.GetRequiredService<ContentTokenProtector>();
        foreach (var location in locations)
        {
            if (FaultOf(protector, location.ContentToken!) is { } fault)
            {
                yield return Finding.Failed(
                    $"its content token cannot be decrypted: {fault}",
                    advice,
                    location.LocationId
                );
            }
        }
    }

    private static string? FaultOf(ContentTokenProtector protector, byte[] token)
    {
        try
        {
            protector.Unprotect(token);
            return null;
        }
        catch (CryptographicException exception)
        {
            return exception.Message;
        }
    }
}
