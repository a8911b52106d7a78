using System.Net;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.Locations;
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

    private static string DatabaseOf(HubHost hub) =>
        $"Storage:ConnectionString=Data Source={Path.Combine(hub.Folder, "hub.db")}";
}
