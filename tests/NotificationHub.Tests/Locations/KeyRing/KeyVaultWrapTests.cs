using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations.KeyRing;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>A key ring that a key in a Key Vault wraps, over the vault's own interface.</summary>
public sealed class KeyVaultWrapTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TestVault vault = new();

    [Fact]
    public async Task A_token_is_readable_on_every_replica_and_the_vault_is_asked_once_for_each_key()
    {
        await using var one = await StartAsync();
        var token = one.Protect(TestTokens.New());
        one.CanRead(token).ShouldBeTrue();
        one.CanRead(token).ShouldBeTrue();
        var wrapped = vault.Requests.Count;

        await using var other = await StartAsync();
        other.CanRead(token).ShouldBeTrue();
        other.CanRead(token).ShouldBeTrue();

        vault.Requests[0].ShouldBe($"POST {TestVault.Key}/wrapkey?api-version=7.4");
        vault.Requests.Skip(wrapped).ShouldBe([$"POST {TestVault.Key}/v1/unwrapkey?api-version=7.4"]);
        vault.Credential.Scopes.Distinct().ShouldBe(["https://vault.azure.net/.default"]);
    }

    [Fact]
    public async Task A_new_version_of_the_key_wraps_and_former_ones_go_on_unwrapping()
    {
        await using var before = await StartAsync();
        var token = before.Protect(TestTokens.New());
        vault.Rotate();

        await using var after = await StartAsync();
        after.CanRead(token).ShouldBeTrue();
        after.RollKey();

        (await after.RowsAsync())[^1].ShouldContain($"{TestVault.Key}/v2");
    }

    [Fact]
    public async Task A_ring_goes_over_from_a_vault_to_a_certificate()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
        }

        await using var after = await Replica.StartAsync(
            folder,
            vault.Stand,
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}",
            $"Locations:KeyRingOldKeyVaultKeys:0={TestVault.Key}"
        );

        after.CanRead(token).ShouldBeTrue();
    }

    [Theory]
    [InlineData("https://evil.vault.azure.net/keys/key-ring/v1")]
    [InlineData("https://contoso.vault.azure.net/keys/another/v1")]
    [InlineData("https://contoso.vault.azure.net@evil.example.com/keys/key-ring/v1")]
    [InlineData("http://contoso.vault.azure.net/keys/key-ring/v1")]
    [InlineData("https://contoso.vault.azure.net/secrets/key-ring/v1")]
    public async Task The_database_leads_the_hubs_identity_nowhere_else(string elsewhere)
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
            await before.ExecuteAsync(
                "update data_protection_key set xml = replace(xml, @here, @elsewhere)",
                new { here = $"{TestVault.Key}/v1", elsewhere }
            );
        }

        vault.Requests.Clear();
        await using var after = await StartAsync();

        Should.Throw<CryptographicException>(() => after.Read(token)).Message.ShouldContain("not among the settings");
        vault.Requests.ShouldAllBe(request => request.StartsWith($"POST {TestVault.Key}/", StringComparison.Ordinal));
        vault.Requests.ShouldNotContain(request => request.Contains("v1/unwrapkey", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HttpStatusCode.Forbidden, "Key Vault Crypto Service Encryption User")]
    [InlineData(HttpStatusCode.NotFound, "Recover it")]
    [InlineData(HttpStatusCode.BadRequest, "answered 400")]
    public void What_the_vault_refuses_is_said_with_what_to_do(HttpStatusCode status, string advice)
    {
        vault.Fault = status;

        var failure = Should.Throw<CryptographicException>(() => Wrap(new FakeTimeProvider()).Wrap(new byte[32]));

        failure.Message.ShouldContain(advice);
        failure.Message.ShouldContain(TestVault.Key);
    }

    [Fact]
    public void A_vault_that_failed_is_left_alone_for_a_moment()
    {
        var clock = new FakeTimeProvider();
        var wrap = Wrap(clock);
        vault.Fault = HttpStatusCode.Forbidden;
        Should.Throw<CryptographicException>(() => wrap.Wrap(new byte[32]));
        var asked = vault.Requests.Count;

        vault.Fault = null;
        Should.Throw<CryptographicException>(() => wrap.Wrap(new byte[32]));
        vault.Requests.Count.ShouldBe(asked);

        clock.Advance(TimeSpan.FromSeconds(15));
        var wrapped = wrap.Wrap(new byte[32]);
        wrap.Unwrap(wrapped).ShouldBe(new byte[32]);
    }

    [Fact]
    public async Task A_ring_that_could_not_be_unwrapped_is_read_again_without_a_restart()
    {
        byte[] token;
        await using (var before = await StartAsync())
        {
            token = before.Protect(TestTokens.New());
            // A second key, so that the replica below has one that it could unwrap, and keeps its ring.
            before.RollKey();
        }

        var clock = new FakeTimeProvider();
        await using var replica = await Replica.StartAsync(
            folder,
            services =>
            {
                vault.Stand(services);
                services.AddSingleton<TimeProvider>(clock);
            },
            Replica.InDatabase,
            $"Locations:KeyRingKeyVaultKey={TestVault.Key}"
        );
        replica.Protect(TestTokens.New());
        vault.Fault = HttpStatusCode.Forbidden;
        replica.CanRead(token).ShouldBeFalse();

        vault.Fault = null;
        clock.Advance(ReloadingKeyManager.Pause);
        await Crash.Until.TrueAsync(() => replica.CanRead(token), "the ring is read again");
    }

    public void Dispose()
    {
        vault.Dispose();
        folder.Dispose();
    }

    private Task<Replica> StartAsync() =>
        Replica.StartAsync(folder, vault.Stand, Replica.InDatabase, $"Locations:KeyRingKeyVaultKey={TestVault.Key}");

    private KeyVaultWrap Wrap(TimeProvider time)
    {
        var key = new Uri(TestVault.Key);
        var pipeline = new KeyVaultPipeline(() => vault.Credential, new Azure.Core.Pipeline.HttpClientTransport(vault));
        return new KeyVaultWrap(key, pipeline.To(key), time);
    }
}
