using System.Runtime.Versioning;
using System.Text;
using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Locations.Removal;

namespace NotificationHub.Tests.Locations;

public sealed class SecrecyTests
{
    [Fact]
    public async Task No_file_or_log_line_contains_the_content_token_or_the_notification_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();

        string[] secrets =
        [
            ContentToken.Parse(scene.Library.ContentTokenFile).Reveal(),
            scene.Library.Configuration.NotificationAuthToken!,
        ];

        foreach (var file in Directory.EnumerateFiles(scene.Hub.Folder, "*", SearchOption.AllDirectories))
        {
            var content = await ReadSharedAsync(file);
            secrets.ShouldAllBe(secret => !content.Contains(secret, StringComparison.Ordinal), file);
        }

        secrets.ShouldAllBe(secret => !scene.Log.Text.Contains(secret, StringComparison.Ordinal));
        scene.Log.Text.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task No_location_command_writes_a_token_or_secret_to_a_file_or_log_line()
    {
        await using var scene = await RegistrationScene.StartAsync();
        var location = await scene.RegisterAsync();
        List<string> secrets = [scene.Token().Reveal(), scene.Library.Configuration.NotificationAuthToken!];
        await scene.RotateAsync(location);
        secrets.Add(scene.Library.Configuration.NotificationAuthToken!);
        scene.Library.IssueContentToken(TimeProvider.System.GetUtcNow().AddYears(1));
        secrets.Add(scene.Token().Reveal());
        await scene.Service<LocationRenewal>().RenewAsync(location.LocationId, scene.Token(), CancellationToken.None);
        var owner = scene.Library.Configuration.MdmInfo!;
        scene.Library.TakeOver(owner.Id, owner.Name, "", new Uri("https://elsewhere.example.com/"), "their-own-secret");
        secrets.Add("their-own-secret");
        await scene.FailToRotateAsync(location);
        var removal = new RemoveRequest(location.LocationId);
        await scene.Service<LocationRemoval>().RemoveAsync(removal, CancellationToken.None);

        foreach (var file in Directory.EnumerateFiles(scene.Hub.Folder, "*", SearchOption.AllDirectories))
        {
            var content = await ReadSharedAsync(file);
            secrets.ShouldAllBe(secret => !content.Contains(secret, StringComparison.Ordinal), file);
        }

        secrets.ShouldAllBe(secret => !scene.Log.Text.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_error_contains_no_secret()
    {
        await using var scene = await RegistrationScene.StartAsync();

        var failure = await scene.FailToRegisterAsync(new Uri(scene.Apple.BaseUrl, "/unknown"));

        failure.ToString().ShouldNotContain(ContentToken.Parse(scene.Library.ContentTokenFile).Reveal());
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_hubs_own_user_can_read_the_key_ring()
    {
        await using var scene = await RegistrationScene.StartAsync();
        await scene.RegisterAsync();

        var keys = Path.Combine(scene.Hub.Folder, "keys");
        File.GetUnixFileMode(keys).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var files = Directory.GetFiles(keys);
        files.ShouldNotBeEmpty();
        foreach (var file in files)
        {
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    // The hub holds its database open.
    internal static async Task<string> ReadSharedAsync(string file)
    {
        await using var stream = new FileStream(
            file,
            FileMode.Open,
            FileAccess.Read,
            FileShare.ReadWrite | FileShare.Delete
        );
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }
}
