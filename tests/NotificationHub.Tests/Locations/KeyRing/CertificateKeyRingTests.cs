using System.Security.Cryptography.X509Certificates;
using System.Text;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Keys in the database, protected by a certificate from a file.</summary>
public sealed class CertificateKeyRingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string file;
    private readonly string certificate;

    public CertificateKeyRingTests()
    {
        file = TestCertificate.WritePfx(folder, "one");
        certificate = $"KeyRing:CertificateFile={file}";
    }

    [Fact]
    public async Task Replicas_read_each_others_tokens_with_one_key()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();

        var ofOne = one.Protect(TestTokens.New("first"));
        var ofOther = other.Protect(TestTokens.New("second"));

        other.Read(ofOne).ShouldBe(TestTokens.New("first").Reveal());
        one.Read(ofOther).ShouldBe(TestTokens.New("second").Reveal());
        (await one.RowsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_database_contains_no_key_in_clear()
    {
        await using var replica = await StartAsync();
        replica.Protect(TestTokens.New());

        var key = replica.Keys.GetAllKeys().ShouldHaveSingleItem();
        var secret = key.Descriptor.ExportToXml().SerializedDescriptorElement.Descendants("value").Single().Value;
        secret.Length.ShouldBeGreaterThan(64);
        foreach (var path in Directory.GetFiles(folder.Path, "hub.db*"))
        {
            using var stream = new FileStream(
                path,
                FileMode.Open,
                FileAccess.Read,
                FileShare.ReadWrite | FileShare.Delete
            );
            using var reader = new StreamReader(stream, Encoding.Latin1);
            // A page may end within the secret.
            (await reader.ReadToEndAsync()).ShouldNotContain(secret[..(secret.Length / 2)]);
        }

        Directory.Exists(Path.Combine(folder.Path, "keys")).ShouldBeFalse();
        replica.Log.Text.ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_rotation_of_the_certificate_loses_no_token()
    {
        byte[] before;
        await using (var replica = await StartAsync())
        {
            before = replica.Protect(TestTokens.New());
        }

        string[] rotated =
        [
            $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "two", "correct horse")}",
            "KeyRing:CertificatePassword=correct horse",
            $"KeyRing:PreviousCertificateFiles:0={file}",
        ];
        await using (var replica = await Replica.StartAsync(folder, rotated))
        {
            replica.CanRead(before).ShouldBeTrue();
            replica.AddKey();
        }

        await using var after = await Replica.StartAsync(folder, rotated);
        var token = after.Protect(TestTokens.New());
        after.CanRead(token).ShouldBeTrue();
        after.CanRead(before).ShouldBeTrue();
        var rows = await after.RowsAsync();
        rows.Select(CertificateOf).Distinct().Count().ShouldBe(2);
        after.Log.Text.ShouldNotContain("correct horse");

        await using var old = await StartAsync();
        old.CanRead(before).ShouldBeTrue();
        old.CanRead(token).ShouldBeFalse();
    }

    [Fact]
    public async Task Without_the_certificate_of_a_key_new_tokens_get_a_new_key()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using (
            var wrong = await Replica.StartAsync(
                folder,
                $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "another")}"
            )
        )
        {
            using var missing = X509CertificateLoader.LoadPkcs12FromFile(file, null);
            var failure = Should.Throw<KeyRingException>(() => wrong.Read(token)).Message;
            failure.ShouldContain(missing.Thumbprint);
            failure.ShouldContain("KeyRing:PreviousCertificateFiles");
            wrong.CanRead(wrong.Protect(TestTokens.New())).ShouldBeTrue();
        }

        await using var right = await StartAsync();
        right.CanRead(token).ShouldBeTrue();
    }

    public void Dispose() => folder.Dispose();

    private Task<Replica> StartAsync() => Replica.StartAsync(folder, certificate);

    private static string CertificateOf(string row) =>
        System
            .Xml.Linq.XElement.Parse(row)
            .Descendants()
            .Single(element => element.Name.LocalName == "X509Certificate")
            .Value;
}
