using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Xml.Linq;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;

namespace NotificationHub.Diagnostics;

internal sealed class KeyRingCheck(
    Database database,
    KeyRingRepository repository,
    HubKeyRing keys,
    ContentTokenProtector protector,
    TimeProvider time
) : DiagnosticCheck("key ring", needsDatabase: true)
{
    public override async Task<IReadOnlyList<DiagnosticResult>> CheckAsync(
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var locations = await LocationStore
            .ReadCurrentAsync(database, cancellationToken)
            .Where(location => location.ContentToken is not null)
            .ToListAsync(cancellationToken);
        if (locations.Count == 0)
        {
            return [DiagnosticResult.NotChecked("no content token is stored yet")];
        }

        await keys.EnsureOpenAsync(cancellationToken);
        if (keys.Problem is { } problem)
        {
            return
            [
                DiagnosticResult.Failed(
                    problem,
                    "Correct the settings KeyRing:…, or wait until Key Vault is available."
                ),
            ];
        }

        var stored = repository.GetAllElements().Where(KeyRingXml.IsKey).ToList();
        if (stored.Count == 0)
        {
            return [DiagnosticResult.Failed($"there is no key in {repository.Place}", AdviceFor(stored))];
        }

        List<DiagnosticResult> results = [.. FindUnprotected()];
        if (!OperatingSystem.IsWindows() && Directory.Exists(repository.Folder))
        {
            results.AddRange(FindOpenFiles(repository.Folder));
        }

        foreach (var location in locations)
        {
            if (FindError(location.ContentToken!) is { } error)
            {
                results.Add(
                    DiagnosticResult.Failed(
                        $"its content token cannot be decrypted: {error}",
                        AdviceFor(stored),
                        location.LocationId
                    )
                );
            }
        }

        return results.Count > 0
            ? results
            : [DiagnosticResult.Ok($"{Describe(stored)}; it decrypts {locations.Count} content token(s)")];
    }

    private string AdviceFor(IReadOnlyList<XElement> stored) =>
        (
            repository.InDatabase
                ? $"Configure the certificate of every key ({Describe(stored)}): list earlier ones in KeyRing:PreviousCertificateFiles:0 or "
                    + "KeyRing:PreviousKeyVaultCertificates:0. Or restore the table data_protection_key from a backup"
                : $"Put the keys of this database's backup into {repository.Folder}, or set KeyRing:Folder to theirs"
        ) + "; if they are lost, restart the hub, download each content token again and run `locations renew-token`.";

    private string Describe(IReadOnlyList<XElement> stored)
    {
        var closed = repository.InDatabase ? "" : " is not accessible to other users and";
        var protections = stored.GroupBy(ProtectionOf).Select(group => $"{group.Count()} {group.Key}");
        return $"{repository.Place}{closed} holds {stored.Count} key(s), {string.Join(", ", protections)}";
    }

    private string ProtectionOf(XElement key)
    {
        using var certificate = KeyRingXml.FindCertificate(key);
        return certificate is null ? "not protected by a certificate"
            : certificate.NotAfter.ToUniversalTime() < time.GetUtcNow().UtcDateTime
                ? $"protected by {CertificateFile.Describe(certificate)}, which has expired but still works"
            : $"protected by {CertificateFile.Describe(certificate)}";
    }

    private IEnumerable<DiagnosticResult> FindUnprotected()
    {
        var unprotected = repository.InDatabase ? repository.ReadDatabase().Count(KeyRingXml.IsUnprotected) : 0;
        if (unprotected > 0)
        {
            yield return DiagnosticResult.Failed(
                $"{unprotected} key(s) in the database are not protected",
                "Anyone who can read the database can read the content tokens. Set KeyRing:CertificateFile or KeyRing:KeyVaultCertificate, stop "
                    + "the hub, delete these rows of data_protection_key, start the hub, and run `locations renew-token` for every location."
            );
        }
    }

    [UnsupportedOSPlatform("windows")]
    private static IEnumerable<DiagnosticResult> FindOpenFiles(string folder) =>
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
