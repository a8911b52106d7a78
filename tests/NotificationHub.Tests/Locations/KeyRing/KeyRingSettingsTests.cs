using NotificationHub.Hosting;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Which key rings a hub refuses to start with, and what it says.</summary>
public sealed class KeyRingSettingsTests : IDisposable
{
    private const string InFolder = "Locations:KeyRingIn=Folder";
    private const string OnSqlServer = "Storage:Provider=SqlServer";

    private readonly TemporaryFolder folder = new();

    [Fact]
    public void In_production_a_ring_in_the_database_must_be_wrapped()
    {
        var fault = Faults("Production", Replica.InDatabase).ShouldHaveSingleItem();

        fault.ShouldContain("Locations:KeyRingIn");
        fault.ShouldContain("Locations:KeyRingKeyVaultKey");
        fault.ShouldContain("Locations:KeyRingCertificate");
    }

    [Fact]
    public void On_sql_server_the_database_is_the_default_and_must_be_wrapped_too() =>
        Faults("Production", OnSqlServer)
            .ShouldContain(fault => fault.Contains("must be wrapped", StringComparison.Ordinal));

    [Fact]
    public void On_sql_server_a_folder_is_refused_unless_it_is_allowed()
    {
        Faults("Production", OnSqlServer, InFolder)
            .ShouldContain(fault => fault.Contains("Locations:AllowKeyRingFolder=true", StringComparison.Ordinal));
        Faults("Production", OnSqlServer, InFolder, "Locations:AllowKeyRingFolder=true")
            .ShouldNotContain(fault => fault.Contains("Locations:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Production", "")]
    [InlineData("Production", InFolder)]
    [InlineData("Development", Replica.InDatabase)]
    public void A_folder_on_sqlite_and_anything_in_development_are_taken(string environment, string setting) =>
        Faults(environment, setting.Length == 0 ? [] : [setting]).ShouldBeEmpty();

    [Fact]
    public void All_faults_are_told_at_once()
    {
        var faults = Faults(
            "Production",
            Replica.InDatabase,
            "Locations:KeyRingKeyVaultKey=https://contoso.vault.azure.net/secrets/key-ring",
            $"Locations:KeyRingCertificate={folder.File("none.pem")}",
            $"Locations:KeyRingOldCertificates:0={TestCertificate.WriteWithoutKey(folder, "half")}",
            "Locations:KeyRingOldKeyVaultKeys:0=https://example.com/keys/key-ring",
            "Locations:CheckEvery=00:00:00"
        );

        faults.Count.ShouldBe(6);
        faults.ShouldContain(fault => fault.Contains("either it or", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.Contains("none.pem", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.Contains("KeyRingOldCertificates[0]", StringComparison.Ordinal));
        faults.ShouldContain(fault => fault.Contains("KeyRingOldKeyVaultKeys[0]", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://contoso.vault.azure.net/keys/key-ring", true)]
    [InlineData("https://contoso.vault.azure.net/keys/key-ring/0123456789abcdef", true)]
    [InlineData("https://contoso.vault.usgovcloudapi.net:443/keys/key-ring", true)]
    [InlineData("http://contoso.vault.azure.net/keys/key-ring", false)]
    [InlineData("https://vault.azure.net/keys/key-ring", false)]
    [InlineData("https://contoso.vault.azure.net.example.com/keys/key-ring", false)]
    [InlineData("https://contoso.vault.azure.net:8443/keys/key-ring", false)]
    [InlineData("https://me@contoso.vault.azure.net/keys/key-ring", false)]
    [InlineData("https://contoso.vault.azure.net/keys", false)]
    [InlineData("/keys/key-ring", false)]
    public void A_key_is_named_by_its_identifier(string key, bool taken) =>
        (Faults("Production", Replica.InDatabase, $"Locations:KeyRingKeyVaultKey={key}").Count == 0).ShouldBe(taken);

    [Fact]
    public void A_wrong_password_is_told_of_and_not_told()
    {
        var file = TestCertificate.WritePfx(folder, "one", "correct horse");

        var fault = Faults(
                "Production",
                Replica.InDatabase,
                $"Locations:KeyRingCertificate={file}",
                "Locations:KeyRingCertificatePassword=battery staple"
            )
            .ShouldHaveSingleItem();

        fault.ShouldContain("Locations:KeyRingCertificatePassword");
        fault.ShouldNotContain("battery staple");
    }

    [Fact]
    public void A_short_key_is_refused() =>
        Faults(
                "Production",
                Replica.InDatabase,
                $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "short", keySize: 1024)}"
            )
            .ShouldHaveSingleItem()
            .ShouldContain("2048");

    [Fact]
    public void Another_place_than_the_two_is_refused() =>
        Faults("Production", "Locations:KeyRingIn=Cloud").ShouldHaveSingleItem().ShouldContain("Folder or Database");

    public void Dispose() => folder.Dispose();

    private IReadOnlyList<string> Faults(string environment, params string[] settings)
    {
        var hub = HubApplication.Compose([
            $"--environment={environment}",
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            .. settings.Select(setting => $"--{setting}"),
        ]);
        try
        {
            hub.ThrowIfFaulty();
            return [];
        }
        catch (ConfigurationException exception)
        {
            return exception.Faults;
        }
    }
}
