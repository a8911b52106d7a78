using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A key ring in the database, wrapped by a certificate.</summary>
public sealed class SharedKeyRingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string certificate;

    public SharedKeyRingTests() =>
        certificate = $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}";

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
    public async Task A_key_that_another_replica_has_made_since_is_found()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        other.CanRead(one.Protect(TestTokens.New())).ShouldBeTrue();

        one.RollKey();
        // The first use has the ring read again in the background, and goes on with the old one.
        await Crash.Until.TrueAsync(() => UsesItsNewestKey(one), "the new key is used");

        other.CanRead(one.Protect(TestTokens.New())).ShouldBeTrue();
    }

    [Fact]
    public async Task After_a_restart_the_tokens_are_readable()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using var after = await StartAsync();

        after.CanRead(token).ShouldBeTrue();
        (await after.RowsAsync()).Count.ShouldBe(1);
    }

    [Fact]
    public async Task No_key_is_in_the_files_of_the_database_in_clear()
    {
        List<byte[]> secrets = [];
        await using (var replica = await StartAsync())
        {
            replica.Protect(TestTokens.New());
            secrets.AddRange(
                replica
                    .Keys.GetAllKeys()
                    .Select(key => SecretOf(key.Descriptor.ExportToXml().SerializedDescriptorElement))
            );
            secrets.Count.ShouldBe(1);
            ShouldBeInNoFile(secrets);
        }

        ShouldBeInNoFile(secrets);
    }

    [Fact]
    public async Task In_clear_the_same_search_would_find_it()
    {
        await using var replica = await Replica.StartAsync(folder, "environment=Development", Replica.InDatabase);
        replica.Protect(TestTokens.New());
        var secret = SecretOf(replica.Keys.GetAllKeys().Single().Descriptor.ExportToXml().SerializedDescriptorElement);

        Should.Throw<ShouldAssertException>(() => ShouldBeInNoFile([secret]));
    }

    [Fact]
    public async Task An_older_version_of_the_program_can_load_what_a_newer_one_names()
    {
        await using var replica = await StartAsync();
        replica.Protect(TestTokens.New());

        var type = XElement
            .Parse((await replica.RowsAsync()).Single())
            .Descendants()
            .Attributes("decryptorType")
            .Single()
            .Value;

        type.ShouldBe("NotificationHub.Locations.KeyRing.WrappedSecretDecryptor, NotificationHub");
    }

    [Fact]
    public async Task After_a_rotation_the_former_certificate_still_unwraps_and_the_new_one_wraps()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using var after = await Replica.StartAsync(
            folder,
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "two")}",
            certificate.Replace("KeyRingCertificate", "KeyRingOldCertificates:0", StringComparison.Ordinal)
        );

        after.CanRead(token).ShouldBeTrue();
        after.RollKey();
        var wrappedBy = (await after.RowsAsync()).Select(WrappedBy).ToArray();
        wrappedBy.Length.ShouldBe(2);
        wrappedBy.ShouldBeUnique();
    }

    [Fact]
    public async Task With_another_certificate_a_token_is_not_read_and_it_is_said_what_is_missing()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using (var wrong = await StartWithAnotherAsync())
        {
            var failure = Should.Throw<CryptographicException>(() => wrong.Read(token));

            failure.Message.ShouldContain(WrappedBy((await wrong.RowsAsync())[0]));
            failure.Message.ShouldContain("Locations:KeyRingOldCertificates:0");
            // A token that is given anew is readable at once.
            wrong.CanRead(wrong.Protect(TestTokens.New())).ShouldBeTrue();
        }

        await using var right = await StartAsync();
        right.CanRead(token).ShouldBeTrue();
    }

    [Theory]
    [InlineData("secret")]
    [InlineData("tag")]
    [InlineData("key")]
    public async Task What_was_changed_in_the_database_is_not_taken(string part)
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
            var row = XElement.Parse((await before.RowsAsync()).Single());
            var element = row.Descendants(part).Single();
            var bytes = Convert.FromBase64String(element.Value);
            bytes[^1] ^= 1;
            element.Value = Convert.ToBase64String(bytes);
            await before.ExecuteAsync("update data_protection_key set xml = @xml", new { xml = row.ToString() });
        }

        await using var after = await StartAsync();

        after.CanRead(token).ShouldBeFalse();
    }

    [Theory]
    [InlineData("pfx", null)]
    [InlineData("pfx", "correct horse")]
    [InlineData("pem", "correct horse")]
    public async Task A_certificate_may_come_in_any_usual_file(string form, string? password)
    {
        var file =
            form == "pfx"
                ? TestCertificate.WritePfx(folder, "other", password)
                : TestCertificate.WriteEncryptedPem(folder, "other", password!);
        string[] settings =
        [
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={file}",
            .. password is null ? [] : (string[])[$"Locations:KeyRingCertificatePassword={password}"],
        ];
        byte[] token;
        await using (var before = await Replica.StartAsync(folder, settings))
        {
            token = before.Protect(TestTokens.New());
        }

        await using var after = await Replica.StartAsync(folder, settings);
        after.CanRead(token).ShouldBeTrue();
    }

    public void Dispose() => folder.Dispose();

    private Task<Replica> StartAsync() => Replica.StartAsync(folder, Replica.InDatabase, certificate);

    private Task<Replica> StartWithAnotherAsync() =>
        Replica.StartAsync(
            folder,
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "another")}"
        );

    private static bool UsesItsNewestKey(Replica replica)
    {
        var newest = replica.Keys.GetAllKeys().MaxBy(key => key.CreationDate)!;
        return replica.Protect(TestTokens.New()).AsSpan().IndexOf(newest.KeyId.ToByteArray()) >= 0;
    }

    private static string WrappedBy(string row) =>
        XElement.Parse(row).Descendants("wrappedSecret").Single().Attribute("by")!.Value;

    private static byte[] SecretOf(XElement descriptor) =>
        Convert.FromBase64String(descriptor.Descendants("value").Single().Value);

    private void ShouldBeInNoFile(IEnumerable<byte[]> secrets, [CallerMemberName] string test = "")
    {
        var files = Directory.GetFiles(folder.Path, "hub.db*");
        files.ShouldNotBeEmpty();
        foreach (var secret in secrets)
        {
            foreach (var file in files)
            {
                var content = ReadShared(file);
                content.AsSpan().IndexOf(secret).ShouldBe(-1, test);
                // Half of it, since a page may end within.
                var text = Encoding.ASCII.GetBytes(Convert.ToBase64String(secret));
                content.AsSpan().IndexOf(text.AsSpan(0, text.Length / 2)).ShouldBe(-1, test);
            }
        }
    }

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
