using System.Net;
using System.Net.Http.Headers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using NotificationHub.CommandLine;
using NotificationHub.Locations.Secrets;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;
using NotificationHub.Tests.Locations;
using NotificationHub.Tests.Locations.KeyRing;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The loss of a region as <c>docs/runbook.md</c> describes it, on SQLite: only a backup and the certificate of the key ring are left.</summary>
public sealed class RegionLossTests
{
    [Fact]
    public async Task A_hub_on_a_backup_elsewhere_continues_with_what_Apple_knows()
    {
        using var folder = new TemporaryFolder();
        string[] certificate = [$"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "key-ring")}"];
        await using var scene = await RegistrationScene.StartAsync(options: null, certificate);
        var location = await scene.RegisterAsync();
        var secret = scene.Library.Configuration.NotificationAuthToken!;
        await scene.Hub.EndAsync();
        var backup = folder.File("backup.db");
        BackUp(Path.Combine(scene.Hub.Folder, "hub.db"), backup);

        var migrated = await CommandRun.OnAsync(backup, "migrate", "--after-restore", "--json");
        await using var moved = await HubHost.StartAsync([
            $"Storage:ConnectionString=Data Source={backup}",
            $"Apple:BaseUrl={scene.Apple.BaseUrl}",
            .. certificate,
        ]);

        migrated.ExitCode.ShouldBe(ExitCode.Ok, migrated.Error);
        migrated.Json.GetProperty("epoch").GetInt64().ShouldBe(2);
        // Apple sends to the same host and path with the same secret; only the DNS record has changed.
        using var delivery = new HttpRequestMessage(HttpMethod.Post, $"/notifications/{location.LocationId}");
        delivery.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        delivery.Content = new StringContent(TestLocation.Notification("after-the-move", scene.Library.UId));
        using var response = await moved.Http.SendAsync(delivery);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        moved
            .Services.GetRequiredService<ContentTokenProtector>()
            .Unprotect(location.ContentToken!)
            .Reveal()
            .ShouldBe(scene.Token().Reveal());
    }

    private static void BackUp(string database, string backup)
    {
        using var source = new SqliteConnection($"Data Source={database};Pooling=False");
        using var target = new SqliteConnection($"Data Source={backup};Pooling=False");
        source.Open();
        target.Open();
        source.BackupDatabase(target);
    }
}
