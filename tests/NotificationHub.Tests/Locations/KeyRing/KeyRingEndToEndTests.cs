using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.CommandLine;
using NotificationHub.Hosting.Health.Detail;
using NotificationHub.Intake;
using NotificationHub.Locations;
using NotificationHub.Locations.KeyRing;
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
    public async Task With_another_certificate_the_hub_receives_all_the_same()
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
        failure.Fault.ShouldBe(LocationFault.KeyMissing);
        failure.Message.ShouldContain("doctor");
        var url = new Uri(wrong.Http.BaseAddress!, $"/notifications/{location.LocationId}");
        var secret = scene.Library.Configuration.NotificationAuthToken!;
        (await scene.PostAsync(url, secret, scene.Library.UId)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Where_the_ring_is_lost_a_command_that_renews_the_token_makes_a_new_one()
    {
        using var folder = new TemporaryFolder();
        string[] ring = [$"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}"];
        await using var scene = await RegistrationScene.StartAsync(options: null, ring);
        var location = await scene.RegisterAsync();
        await scene.ExecuteAsync("delete from data_protection_key");
        await File.WriteAllTextAsync(folder.File("new.vpptoken"), scene.Library.ContentTokenFile);
        string[] settings = [$"--Apple:BaseUrl={scene.Apple.BaseUrl}", .. ring.Select(setting => $"--{setting}")];

        var renewal = await CommandRun
            .OnAsync(
                scene.Hub,
                ["locations", "renew", location.LocationId, $"--token-file={folder.File("new.vpptoken")}", .. settings]
            )
            // Encrypting inside the write transaction would wait for itself for ever.
            .WaitAsync(TimeSpan.FromMinutes(2));

        renewal.ExitCode.ShouldBe(ExitCode.Ok, renewal.Error);
        var verification = await CommandRun.OnAsync(
            scene.Hub,
            ["locations", "verify", location.LocationId, .. settings]
        );
        verification.ExitCode.ShouldBe(ExitCode.Ok, verification.Error);
    }

    [Fact]
    public async Task While_key_vault_is_down_the_hub_starts_and_receives_and_decrypts_once_it_is_back()
    {
        using var vault = new TestVault();
        var clock = new ManualClock();
        const string setting = $"KeyRing:KeyVaultCertificate={TestVault.Certificate}";
        await using var store = await VaultHubAsync();
        var location = await store.AddLocationAsync("the-library");
        var token = store.Services.GetRequiredService<ContentTokenProtector>().Protect(TestTokens.New());
        vault.Fault = HttpStatusCode.ServiceUnavailable;
        await using var hub = await VaultHubAsync(DatabaseOf(store));
        var ring = hub.Services.GetRequiredService<HubKeyRing>();
        await Crash.Until.TrueAsync(() => ring.Problem is not null, "the hub has called Key Vault");

        await hub.Services.GetRequiredService<LocationGates>().RefreshAsync(CancellationToken.None);
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
        Should.Throw<KeyRingException>(() => protector.Unprotect(token)).Message.ShouldContain("The hub retries");
        var health = await hub.Services.GetRequiredService<HealthExamination>().RunAsync(CancellationToken.None);
        health.Reasons.ShouldContain(reason => reason.StartsWith("key ring: ", StringComparison.Ordinal));

        vault.Fault = null;
        await Crash.Until.TrueAsync(
            () =>
            {
                clock.Advance(HubKeyRing.RetryDelay);
                return Task.FromResult(ring.Problem is null);
            },
            "the key ring is open"
        );
        protector.Unprotect(token).Reveal().ShouldBe(TestTokens.New().Reveal());
        health = await hub.Services.GetRequiredService<HealthExamination>().RunAsync(CancellationToken.None);
        health.Reasons.ShouldNotContain(reason => reason.StartsWith("key ring: ", StringComparison.Ordinal));

        Task<HubHost> VaultHubAsync(params string[] settings) =>
            HubHost.StartAsync(
                builder =>
                    builder.Services.AddSingleton(services => new HubKeyRing(
                        services.GetRequiredService<KeyRingOptions>(),
                        services.GetRequiredService<KeyRingPlace>(),
                        vault.Client(),
                        services.GetRequiredService<NotificationHub.Storage.Database>(),
                        clock,
                        services.GetRequiredService<Microsoft.Extensions.Logging.ILoggerFactory>()
                    )),
                [setting, .. settings]
            );
    }

    private static string DatabaseOf(HubHost hub) =>
        $"Storage:ConnectionString=Data Source={Path.Combine(hub.Folder, "hub.db")}";
}
