using System.Security.Cryptography;
using System.Xml.Linq;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Storage;

namespace NotificationHub.Hosting.Diagnosis;

/// <summary>Whether the keys are protected, and decrypt each content token.</summary>
internal sealed class KeyRingCheck(
    Database database,
    KeyRingPlace place,
    HubKeyRing keys,
    ContentTokenProtector protector,
    TimeProvider time
) : IHubCheck
{
    public string Name => "key ring";

    public bool NeedsDatabase => true;

    private string Place => place.InDatabase ? "the database" : place.Folder;

    public async Task<IReadOnlyList<Finding>> ExamineAsync(CancellationToken cancellationToken)
    {
        var locations = await AllLocations
            .ReadAsync(database, cancellationToken)
            .Where(location => location.ContentToken is not null)
            .ToListAsync(cancellationToken);
        if (locations.Count == 0)
        {
            return [Finding.NotChecked("no content token is stored yet")];
        }

        try
        {
            keys.Open();
        }
        catch (CryptographicException exception)
        {
            return
            [
                Finding.Failed(
                    exception.Message,
                    "Correct the settings KeyRing:…, or wait until Key Vault is available."
                ),
            ];
        }

        var stored = (await ReadAsync(cancellationToken)).Where(KeyRingXml.IsKey).ToList();
        if (stored.Count == 0)
        {
            return [Finding.Failed($"there is no key in {Place}", AdviceFor(stored))];
        }

        List<Finding> findings =
        [
            .. place.InDatabase ? FindUnprotected(stored)
            : OperatingSystem.IsWindows() ? []
            : KeyRingModes.FaultsOf(place.Folder),
        ];
        foreach (var location in locations)
        {
            if (FindError(location.ContentToken!) is { } error)
            {
                findings.Add(
                    Finding.Failed(
                        $"its content token cannot be decrypted: {error}",
                        AdviceFor(stored),
                        location.LocationId
                    )
                );
            }
        }

        return findings.Count > 0
            ? findings
            : [Finding.Ok($"{Describe(stored)}; it decrypts {locations.Count} content token(s)")];
    }

    private string AdviceFor(IReadOnlyList<XElement> stored) =>
        (
            place.InDatabase
                ? $"Configure the certificate of every key ({Describe(stored)}): list earlier ones in KeyRing:PreviousCertificateFiles:0 or "
                    + "KeyRing:PreviousKeyVaultCertificates:0. Or restore the table data_protection_key from a backup"
                : $"Put the keys of this database's backup into {place.Folder}, or set KeyRing:Folder to theirs"
        ) + "; if they are lost, download each content token again and run `locations renew`.";

    private async Task<IReadOnlyList<XElement>> ReadAsync(CancellationToken cancellationToken) =>
        place.InDatabase
            ?
            [
                .. (await new KeyRingRepository(database, time).ReadAsync(cancellationToken)).Select(row =>
                    XElement.Parse(row.Xml)
                ),
            ]
        : Directory.Exists(place.Folder)
            ? [.. Directory.EnumerateFiles(place.Folder, "*.xml").Select(file => XElement.Load(file))]
        : [];

    private string Describe(IReadOnlyList<XElement> stored)
    {
        var closed = place.InDatabase ? "" : " is closed to other users and";
        var protections = stored.GroupBy(ProtectionOf).Select(group => $"{group.Count()} {group.Key}");
        return $"{Place}{closed} holds {stored.Count} key(s), {string.Join(", ", protections)}";
    }

    private string ProtectionOf(XElement key)
    {
        using var certificate = KeyRingXml.FindCertificate(key);
        return certificate is null ? "not protected by a certificate"
            : certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime
                ? $"protected by {CertificateFile.Describe(certificate)}, which has expired and works all the same"
            : $"protected by {CertificateFile.Describe(certificate)}";
    }

    private static IEnumerable<Finding> FindUnprotected(List<XElement> stored)
    {
        var unprotected = stored.Count(KeyRingXml.IsUnprotected);
        if (unprotected > 0)
        {
            yield return Finding.Failed(
                $"{unprotected} key(s) in the database are not protected",
                "Set KeyRing:CertificateFile or KeyRing:KeyVaultCertificate and start the hub, which protects them; until then, anyone who "
                    + "can read the database can read the content tokens."
            );
        }
    }

    private string? FindError(byte[] token)
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
