using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.CommandLine;
using NotificationHub.Locations;
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
        string[] ring = [Replica.InDatabase, $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}"];
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
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}"
        );
        var location = await scene.RegisterAsync();

        await using var wrong = await HubHost.StartAsync(
            DatabaseOf(scene.Hub),
            Replica.InDatabase,
            $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "another")}"
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
        string[] ring = [Replica.InDatabase, $"Locations:KeyRingCertificate={TestCertificate.WritePem(folder, "one")}"];
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
            // The write lane would wait for itself for ever.
            .WaitAsync(TimeSpan.FromMinutes(2));

        renewal.ExitCode.ShouldBe(ExitCode.Ok, renewal.Error);
        var verification = await CommandRun.OnAsync(
            scene.Hub,
            ["locations", "verify", location.LocationId, .. settings]
        );
        verification.ExitCode.ShouldBe(ExitCode.Ok, verification.Error);
    }

    private static string DatabaseOf(HubHost hub) =>
        $"Storage:ConnectionString=Data Source={Path.Combine(hub.Folder, "hub.db")}";
}
