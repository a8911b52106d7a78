using System.Security.Cryptography.X509Certificates;
using System.Xml.Linq;
using Dapper;
using Microsoft.AspNetCore.DataProtection.Repositories;
using NotificationHub.Storage;

namespace NotificationHub.Locations.KeyRing;

// The keys are in the table data_protection_key or, on SQLite without a certificate, in files that only the hub's user can read. Files from
// the time before a certificate still decrypt. Data Protection's interface is synchronous: never encrypt or decrypt inside a write
// transaction, which would wait for itself.
internal sealed class KeyRingRepository(
    KeyRingOptions options,
    StorageOptions storage,
    Database database,
    TimeProvider time,
    ILoggerFactory loggers
) : IXmlRepository
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public bool InDatabase { get; } = storage.IsSqlServer || options.HasCertificate;

    public string? Folder { get; } = storage.IsSqlServer ? null : Path.GetFullPath(options.Folder ?? storage.KeyFolder);

    public string Place => InDatabase ? "the database" : Folder!;

    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Directory.Exists(Folder) ? Files(Folder).GetAllElements() : [], .. InDatabase ? ReadDatabase() : []];

    public IReadOnlyList<XElement> ReadDatabase() =>
        [
            .. database
                .ReadAsync(
                    connection => connection.QueryAsync<string>("select xml from data_protection_key order by id"),
                    CancellationToken.None
                )
                .GetAwaiter()
                .GetResult()
                .Select(XElement.Parse),
        ];

    public void StoreElement(XElement element, string friendlyName)
    {
        if (InDatabase)
        {
            InsertAsync(element, friendlyName).GetAwaiter().GetResult();
            return;
        }

        Directory.CreateDirectory(Folder!);
        // On Windows the folder inherits its parent's permissions. Data Protection opens its files to this user only.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Folder!, Private);
        }

        Files(Folder!).StoreElement(element, friendlyName);
    }

    private FileSystemXmlRepository Files(string folder) => new(new DirectoryInfo(folder), loggers);

    private Task InsertAsync(XElement element, string friendlyName) =>
        database.WriteAsync(
            transaction =>
                transaction.ExecuteAsync(
                    "insert into data_protection_key (friendly_name, xml, created_at) values (@friendlyName, @xml, @now)",
                    new
                    {
                        friendlyName,
                        xml = element.ToString(SaveOptions.DisableFormatting),
                        now = time.GetStoredUtcNow(),
                    }
                ),
            CancellationToken.None
        );
}

// The documented XML of Data Protection.
internal static class KeyRingXml
{
    private static readonly XName RequiresEncryption = XName.Get(
        "requiresEncryption",
        "http://schemas.asp.net/2015/03/dataProtection"
    );

    private static readonly XName Certificate = XName.Get("X509Certificate", "http://www.w3.org/2000/09/xmldsig#");

    public static bool IsKey(XElement element) => element.Name == "key";

    public static bool IsUnprotected(XElement element) =>
        element.Descendants().Any(one => (bool?)one.Attribute(RequiresEncryption) == true);

    public static X509Certificate2? FindCertificate(XElement element) =>
        element.Descendants(Certificate).FirstOrDefault() is { } encoded
            ? X509CertificateLoader.LoadCertificate(Convert.FromBase64String(encoded.Value))
            : null;
}
