using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Keys in the database, protected by a certificate from Key Vault.</summary>
public sealed class KeyVaultKeyRingTests : IDisposable
{
    private const string Setting = $"KeyRing:KeyVaultCertificate={TestVault.Certificate}";

    private readonly TemporaryFolder folder = new();
    private readonly TestVault vault = new();

    [Fact]
    public async Task Replicas_read_each_others_tokens()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();

        other.CanRead(one.Protect(TestTokens.New())).ShouldBeTrue();

        vault.Scopes.Distinct().ShouldBe(["https://vault.azure.net/.default"]);
        (await one.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
    }

    [Fact]
    public async Task A_renewed_certificate_loses_no_token()
    {
        byte[] before;
        await using (var replica = await StartAsync())
        {
            before = replica.Protect(TestTokens.New());
        }

        vault.Renew();
        await using var after = await StartAsync();

        after.CanRead(before).ShouldBeTrue();
        after.AddKey();
        var rows = await after.RowsAsync();
        rows.Count.ShouldBe(2);
        await using var pinned = await Replica.StartAsync(folder, vault.Replace, $"{Setting}/1");
        pinned.CanRead(before).ShouldBeFalse();
    }

    [Fact]
    public async Task A_running_hub_loads_a_renewed_certificate_for_another_replicas_key()
    {
        var clock = new ManualClock();
        await using var running = await StartAsync(clock);
        running.CanRead(running.Protect(TestTokens.New())).ShouldBeTrue();
        vault.Renew();
        await using (var other = await StartAsync())
        {
            other.AddKey();
        }

        await using var restarted = await StartAsync();
        var token = restarted.Protect(TestTokens.New());
        running.CanRead(token).ShouldBeFalse();
        clock.Advance(HubKeyRing.RetryDelay);

        running.CanRead(token).ShouldBeTrue();
    }

    [Fact]
    public async Task Certificates_move_from_key_vault_to_a_file()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using var after = await Replica.StartAsync(
            folder,
            vault.Replace,
            $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}",
            $"KeyRing:PreviousKeyVaultCertificates:0={TestVault.Certificate}"
        );

        after.CanRead(token).ShouldBeTrue();
    }

    [Fact]
    public async Task A_vault_that_failed_is_called_again_after_the_pause()
    {
        var clock = new ManualClock();
        vault.Fault = HttpStatusCode.Forbidden;
        await using var replica = await StartAsync(clock);
        Should.Throw<KeyRingException>(() => replica.Ring.Open()).Message.ShouldBe(replica.Ring.Problem);

        vault.Fault = null;
        Should.Throw<KeyRingException>(() => replica.Ring.Open());
        clock.Advance(HubKeyRing.RetryDelay);

        replica.CanRead(replica.Protect(TestTokens.New())).ShouldBeTrue();
        replica.Ring.Problem.ShouldBeNull();
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "Key Vault Secrets User")]
    [InlineData(HttpStatusCode.NotFound, "Create or recover it")]
    [InlineData(HttpStatusCode.BadRequest, "responded 400")]
    public void An_error_of_the_vault_has_a_remedy(HttpStatusCode status, string remedy)
    {
        vault.Fault = status;

        FailToLoad().ShouldContain(remedy);
    }

    [Fact]
    public void A_certificate_without_a_private_key_has_a_remedy()
    {
        vault.HasNoKey = true;

        FailToLoad().ShouldContain("exportable");
    }

    [Fact]
    public void A_certificate_without_an_enabled_version_has_a_remedy()
    {
        vault.DisableAll();

        FailToLoad().ShouldContain("no enabled version");
    }

    public void Dispose()
    {
        vault.Dispose();
        folder.Dispose();
    }

    private Task<Replica> StartAsync(TimeProvider? time = null) =>
        Replica.StartAsync(
            folder,
            services =>
            {
                vault.Replace(services);
                services.AddSingleton(time ?? TimeProvider.System);
            },
            Setting
        );

    private string FailToLoad()
    {
        var failure = Should.Throw<KeyRingException>(() => vault.Client().Load(new Uri(TestVault.Certificate)));
        failure.Message.ShouldContain(TestVault.Certificate);
        return failure.Message;
    }
}
