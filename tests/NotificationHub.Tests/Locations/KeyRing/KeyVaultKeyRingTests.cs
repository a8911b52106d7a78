using System.Net;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Keys in the database, protected by a certificate from Key Vault.</summary>
public sealed class KeyVaultKeyRingTests : IAsyncLifetime
{
    private const string Setting = $"KeyRing:KeyVaultCertificate={TestVault.Certificate}";

    private readonly TemporaryFolder folder = new();
    private TestVault vault = null!;

    public async ValueTask InitializeAsync() => vault = await TestVault.StartAsync();

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
        await using var pinned = await Replica.StartAsync(folder, services => vault.Replace(services), $"{Setting}/1");
        pinned.CanRead(before).ShouldBeFalse();
    }

    [Fact]
    public async Task A_running_hub_loads_a_renewed_certificate_for_another_replicas_key()
    {
        var clock = new ManualClock();
        await using var running = await StartAsync();
        running.CanRead(running.Protect(TestTokens.New())).ShouldBeTrue();
        vault.Renew();
        await using (var other = await StartAsync())
        {
            other.AddKey();
        }

        await using var restarted = await StartAsync();
        var token = restarted.Protect(TestTokens.New());
        await running.StartOpenerAsync(clock);

        running.CanRead(token).ShouldBeFalse();

        await Crash.Until.TrueAsync(
            () =>
            {
                clock.Advance(KeyRingOpener.RetryDelay);
                return Task.FromResult(running.CanRead(token));
            },
            "the running hub has loaded the renewed certificate"
        );
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
            services => vault.Replace(services),
            $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}",
            $"KeyRing:PreviousKeyVaultCertificates:0={TestVault.Certificate}"
        );

        after.CanRead(token).ShouldBeTrue();
    }

    [Fact]
    public async Task A_vault_that_fails_later_leaves_the_key_ring_open()
    {
        await using var replica = await StartAsync();
        var token = replica.Protect(TestTokens.New());
        vault.Fault = HttpStatusCode.Forbidden;

        (await replica.Ring.OpenAsync(createsKeys: true, CancellationToken.None)).ShouldBeFalse();

        replica.CanRead(token).ShouldBeTrue();
        replica.Ring.Problem!.ShouldContain("Key Vault Secrets User");
        vault.Fault = null;
        (await replica.Ring.OpenAsync(createsKeys: true, CancellationToken.None)).ShouldBeTrue();
        replica.Ring.Problem.ShouldBeNull();
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "Key Vault Secrets User")]
    [InlineData(HttpStatusCode.NotFound, "Create or recover it")]
    [InlineData(HttpStatusCode.BadRequest, "responded 400")]
    public async Task An_error_of_the_vault_has_a_remedy(HttpStatusCode status, string remedy)
    {
        vault.Fault = status;

        (await FailToLoadAsync()).ShouldContain(remedy);
    }

    [Fact]
    public async Task A_certificate_without_a_private_key_has_a_remedy()
    {
        vault.HasNoKey = true;

        (await FailToLoadAsync()).ShouldContain("exportable");
    }

    [Fact]
    public async Task A_certificate_without_an_enabled_version_has_a_remedy()
    {
        vault.DisableAll();

        (await FailToLoadAsync()).ShouldContain("no enabled version");
    }

    public async ValueTask DisposeAsync()
    {
        await vault.DisposeAsync();
        folder.Dispose();
    }

    private Task<Replica> StartAsync() => Replica.StartAsync(folder, services => vault.Replace(services), Setting);

    private async Task<string> FailToLoadAsync()
    {
        var failure = await Should.ThrowAsync<KeyRingException>(() =>
            vault.Client().LoadAsync(new Uri(TestVault.Certificate), CancellationToken.None)
        );
        failure.Message.ShouldContain(TestVault.Certificate);
        return failure.Message;
    }
}
