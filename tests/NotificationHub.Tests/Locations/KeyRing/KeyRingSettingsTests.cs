using NotificationHub.Hosting;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Settings of the key ring with which a hub does not start.</summary>
public sealed class KeyRingSettingsTests : IDisposable
{
    private const string OnSqlServer = "Storage:Provider=SqlServer";

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void On_sql_server_a_certificate_is_required()
    {
        var error = FindErrors("Production", OnSqlServer)
            .Single(error => error.Contains("KeyRing", StringComparison.Ordinal));

        error.ShouldContain("KeyRing:KeyVaultCertificate");
        error.ShouldContain("KeyRing:CertificateFile");
        FindErrors("Production", OnSqlServer, "KeyRing:Folder=/data/keys")
            .ShouldContain(error => error.Contains("KeyRing", StringComparison.Ordinal));
    }

    [Fact]
    public void On_sqlite_and_in_development_no_certificate_is_required()
    {
        FindErrors("Production").ShouldBeEmpty();
        FindErrors("Development", OnSqlServer)
            .ShouldNotContain(error => error.Contains("KeyRing", StringComparison.Ordinal));
    }

    [Fact]
    public void All_errors_are_reported_at_once()
    {
        var errors = FindErrors(
            "Production",
            "KeyRing:KeyVaultCertificate=https://contoso.vault.azure.net/secrets/key-ring",
            $"KeyRing:CertificateFile={folder.File("none.pfx")}",
            $"KeyRing:PreviousCertificateFiles:0={TestCertificate.WriteWithoutKey(folder, "half")}",
            "KeyRing:PreviousKeyVaultCertificates:0=http://contoso.vault.azure.net/certificates/key-ring",
            "Locations:VerifyInterval=00:00:00"
        );

        errors.Count.ShouldBe(6);
        errors.ShouldContain(error => error.Contains("cannot be combined", StringComparison.Ordinal));
        errors.ShouldContain(error => error.Contains("none.pfx", StringComparison.Ordinal));
        errors.ShouldContain(error => error.Contains("PreviousCertificateFiles:0", StringComparison.Ordinal));
        errors.ShouldContain(error => error.Contains("PreviousKeyVaultCertificates:0", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://contoso.vault.azure.net/certificates/key-ring", true)]
    [InlineData("https://contoso.vault.azure.net/certificates/key-ring/0123456789abcdef", true)]
    [InlineData("http://contoso.vault.azure.net/certificates/key-ring", false)]
    [InlineData("https://contoso.vault.azure.net/keys/key-ring", false)]
    [InlineData("https://me@contoso.vault.azure.net/certificates/key-ring", false)]
    [InlineData("https://contoso.vault.azure.net/certificates", false)]
    [InlineData("/certificates/key-ring", false)]
    public void A_certificate_in_key_vault_has_an_identifier(string id, bool isValid) =>
        (FindErrors("Production", $"KeyRing:KeyVaultCertificate={id}").Count == 0).ShouldBe(isValid);

    [Fact]
    public void A_wrong_password_is_an_error_that_does_not_contain_it()
    {
        var file = TestCertificate.WritePfx(folder, "one", "correct horse");

        var error = FindErrors(
                "Production",
                $"KeyRing:CertificateFile={file}",
                "KeyRing:CertificatePassword=battery staple"
            )
            .ShouldHaveSingleItem();

        error.ShouldContain("password");
        error.ShouldNotContain("battery staple");
    }

    [Fact]
    public void A_certificate_without_a_private_key_is_an_error() =>
        FindErrors("Production", $"KeyRing:CertificateFile={TestCertificate.WriteWithoutKey(folder, "half")}")
            .ShouldHaveSingleItem()
            .ShouldContain("export the certificate together with its private key");

    [Fact]
    public void A_short_key_is_an_error() =>
        FindErrors("Production", $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "short", keySize: 1024)}")
            .ShouldHaveSingleItem()
            .ShouldContain("2048");

    [Fact]
    public void An_earlier_certificate_without_a_current_one_is_an_error() =>
        FindErrors("Production", $"KeyRing:PreviousCertificateFiles:0={TestCertificate.WritePfx(folder, "one")}")
            .ShouldHaveSingleItem()
            .ShouldContain("has no effect without KeyRing:CertificateFile");

    public void Dispose() => folder.Dispose();

    private IReadOnlyList<string> FindErrors(string environment, params string[] settings)
    {
        var hub = HubApplication.Compose([
            $"--environment={environment}",
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            .. settings.Select(setting => $"--{setting}"),
        ]);
        try
        {
            hub.ThrowIfInvalid();
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Errors;
        }
    }
}
