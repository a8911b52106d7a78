using System.Net;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NotificationHub.CommandLine;
using NotificationHub.Health;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
using NotificationHub.Locations.Secrets;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Whole hubs on one database.</summary>
public sealed class KeyRingEndToEndTests
{
    [Fact]
    public async Task A_second_hub_calls_apple_with_the_token_that_the_first_was_given()
    {
        using var folder = new TemporaryFolder();
        string[] ring = [$"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}"];
        await using var scene = await RegistrationScene.StartAsync(options: null, ring);
        var location = await scene.RegisterAsync();

        await using var other = await HubHost.StartAsync([DatabaseOf(scene.Hub), .. ring]);

        other
            .Services.GetRequiredService<ContentTokenProtector>()
            .Unprotect(location.ContentToken!)
            .Reveal()
            .ShouldBe(scene.Token().Reveal());
        Directory.Exists(Path.Combine(scene.Hub.Folder, "keys")).ShouldBeFalse();
    }

    [Fact]
    public async Task The_hub_receives_notifications_with_another_certificate()
    {
        using var folder = new TemporaryFolder();
        await using var scene = await RegistrationScene.StartAsync(
            options: null,
            $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}"
        );
        var location = await scene.RegisterAsync();

        await using var wrong = await HubHost.StartAsync(
            DatabaseOf(scene.Hub),
            $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "another")}"
        );

        var failure = Should.Throw<LocationException>(() =>
            wrong
                .Services.GetRequiredService<LocationApple>()
                .Open(location, new NotificationHub.Apple.RequestRate(TimeProvider.System, 1))
        );
        failure.Code.ShouldBe(LocationErrorCode.KeyMissing);
        failure.Message.ShouldContain("doctor");
        var url = new Uri(wrong.Http.BaseAddress!, $"/notifications/{location.LocationId}");
        var secret = scene.Library.Configuration.NotificationAuthToken!;
        (await scene.PostAsync(url, secret, scene.Library.UId)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task If_the_ring_is_lost_a_hub_creates_a_key_and_no_command_does()
    {
        using var folder = new TemporaryFolder();
        string[] ring = [$"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}"];
        await using var scene = await RegistrationScene.StartAsync(options: null, ring);
        var location = await scene.RegisterAsync();
        await scene.ExecuteAsync("delete from data_protection_key");
        await File.WriteAllTextAsync(folder.File("new.vpptoken"), scene.Library.ContentTokenFile);
        string[] settings = [$"--Apple:BaseUrl={scene.Apple.BaseUrl}", .. ring.Select(setting => $"--{setting}")];
        string[] renew =
        [
            "locations",
            "renew-token",
            location.LocationId,
            $"--token-file={folder.File("new.vpptoken")}",
        ];
        string[] verify = ["locations", "verify", location.LocationId];

        (await CommandRun.OnAsync(scene.Hub, [.. verify, .. settings])).Error.ShouldContain("lacks the key");
        (await CommandRun.OnAsync(scene.Hub, [.. renew, .. settings])).Error.ShouldContain("Restart a hub");
        var keys = await scene.Hub.Database.WriteAsync(
            transaction => transaction.ScalarAsync<long>("select count(*) from data_protection_key"),
            CancellationToken.None
        );
        keys.ShouldBe(0);

        await using var restarted = await HubHost.StartAsync([DatabaseOf(scene.Hub), .. ring]);
        var renewal = await CommandRun.OnAsync(scene.Hub, [.. renew, .. settings]);
        renewal.ExitCode.ShouldBe(ExitCode.Ok, renewal.Error);
        var verification = await CommandRun.OnAsync(scene.Hub, [.. verify, .. settings]);
        verification.ExitCode.ShouldBe(ExitCode.Ok, verification.Error);
    }

    [Theory]
    [InlineData(true, "not open yet")]
    [InlineData(false, "cannot be reached")]
    public async Task While_key_vault_is_down_the_hub_starts_and_receives_and_decrypts_once_it_is_back(
        bool isSilent,
        string problem
    )
    {
        await using var vault = await TestVault.StartAsync();
        var retries = new ManualClock();
        var timeouts = new ManualClock();
        const string setting = $"KeyRing:KeyVaultCertificate={TestVault.Certificate}";
        await using var store = await VaultHubAsync();
        var location = await store.AddLocationAsync("the-library");
        await Crash.Until.TrueAsync(
            () => store.Services.GetRequiredService<HubKeyRing>().IsOpen,
            "the first hub's key ring is open"
        );
        var token = store.Services.GetRequiredService<ContentTokenProtector>().Protect(TestTokens.New());
        if (isSilent)
        {
            vault.StopResponding();
        }
        else
        {
            vault.Refuse();
        }

        await using var hub = await VaultHubAsync(DatabaseOf(store)).WaitAsync(TimeSpan.FromMinutes(1));
        var ring = hub.Services.GetRequiredService<HubKeyRing>();
        await Crash.Until.TrueAsync(
            () => ring.Problem!.Contains(problem, StringComparison.Ordinal),
            "the hub has called Key Vault"
        );

        await hub.Services.GetRequiredService<LocationCredentialCache>().RefreshAsync(CancellationToken.None);
        using var request = new HttpRequestMessage(HttpMethod.Post, location.Path);
        request.Headers.Authorization = new("Bearer", location.Secret);
        request.Content = new StringContent(TestLocation.Notification("n-1", "the-library", "ASSET_COUNT"));
        using var response = await hub.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var stored = await hub.Database.WriteAsync(
            transaction => transaction.ScalarAsync<long>("select count(*) from notification_log"),
            CancellationToken.None
        );
        stored.ShouldBe(1);
        var protector = hub.Services.GetRequiredService<ContentTokenProtector>();
        // The clocks do not move: a use that waited for the vault would never end.
        var use = await Task.Run(() => Should.Throw<KeyRingException>(() => protector.Unprotect(token)))
            .WaitAsync(TimeSpan.FromMinutes(1));
        use.Message.ShouldContain(problem);
        var health = await hub.Services.GetRequiredService<HealthDetailReader>().ReadAsync(CancellationToken.None);
        health.Reasons.ShouldContain(reason => reason.StartsWith("key ring: ", StringComparison.Ordinal));

        vault.Restore();
        await Crash.Until.TrueAsync(
            () =>
            {
                timeouts.Advance(KeyVaultCertificates.Timeout);
                return Task.FromResult(
                    ring.IsOpen || ring.Problem!.Contains("cannot be reached", StringComparison.Ordinal)
                );
            },
            "the unanswered request has ended"
        );
        await Crash.Until.TrueAsync(
            () =>
            {
                retries.Advance(KeyRingOpener.RetryDelay);
                return Task.FromResult(ring.IsOpen);
            },
            "the key ring is open"
        );
        protector.Unprotect(token).Reveal().ShouldBe(TestTokens.New().Reveal());
        health = await hub.Services.GetRequiredService<HealthDetailReader>().ReadAsync(CancellationToken.None);
        health.Reasons.ShouldNotContain(reason => reason.StartsWith("key ring: ", StringComparison.Ordinal));

        Task<HubHost> VaultHubAsync(params string[] settings) =>
            HubHost.StartAsync(builder => vault.Replace(builder.Services, retries, timeouts), [setting, .. settings]);
    }

    [Fact]
    public async Task The_data_protection_that_authentication_brings_stores_no_key_and_logs_no_warning()
    {
        var log = new LogLines();
        await using var hub = await HubHost.StartAsync(
            builder => builder.Logging.AddProvider(log),
            "Logging:LogLevel:Default=Warning"
        );

        var other = hub.Services.GetRequiredService<IDataProtectionProvider>().CreateProtector("any");

        other.Unprotect(other.Protect([1])).ShouldBe([1]);
        // The only key is the one for content tokens.
        Directory.GetFiles(Path.Combine(hub.Folder, "keys")).ShouldHaveSingleItem();
        hub.Services.GetRequiredService<IOptions<KeyManagementOptions>>()
            .Value.XmlRepository.ShouldNotBeNull()
            .ShouldNotBeOfType<FileSystemXmlRepository>();
        log.Text.ShouldNotContain("in-memory");
        log.Text.ShouldNotContain("directory");
    }

    private static string DatabaseOf(HubHost hub) =>
        $"Storage:ConnectionString=Data Source={Path.Combine(hub.Folder, "hub.db")}";
}
