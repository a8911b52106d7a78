using System.Runtime.Versioning;
using NotificationHub.CommandLine;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.Locations.Takeovers;
using NotificationHub.Tests.Simulator.Apple;
using ContentToken = NotificationHub.Apple.ContentToken;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Keys in the folder of a SQLite hub without a certificate, and what follows when there is one.</summary>
public sealed class FolderKeyRingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string certificate;

    public FolderKeyRingTests() => certificate = $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}";

    [Fact]
    public async Task The_keys_of_one_box_are_in_the_folder_beside_the_database()
    {
        var token = await ProtectInFolderAsync();

        Directory.GetFiles(Path.Combine(folder.Path, "keys")).ShouldHaveSingleItem();
        await using var restarted = await Replica.StartAsync(folder);
        restarted.CanRead(token).ShouldBeTrue();
        (await restarted.RowsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task With_a_certificate_the_keys_of_the_folder_still_decrypt_and_new_ones_are_in_the_database()
    {
        var token = await ProtectInFolderAsync();
        await using (var replica = await Replica.StartAsync(folder, certificate))
        {
            replica.CanRead(token).ShouldBeTrue();
            replica.AddKey();
            (await replica.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
        }

        Directory.Delete(Path.Combine(folder.Path, "keys"), recursive: true);
        await using var without = await Replica.StartAsync(folder, certificate);
        without.CanRead(token).ShouldBeFalse();
        without.CanRead(without.Protect(TestTokens.New())).ShouldBeTrue();
        Directory.Exists(Path.Combine(folder.Path, "keys")).ShouldBeFalse();
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public async Task Only_the_hubs_user_can_read_the_folder()
    {
        var keys = Directory.CreateDirectory(Path.Combine(folder.Path, "keys")).FullName;
        File.SetUnixFileMode(
            keys,
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead
        );

        await ProtectInFolderAsync();

        File.GetUnixFileMode(keys).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Directory.GetFiles(keys).ShouldHaveSingleItem())
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_copied_database_has_its_secrets_encrypted_with_its_own_key()
    {
        var (source, before) = await RegisterAsync();

        var run = await MigrateAsync(source);

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        run.Json.GetProperty("unreadableContentTokens").GetArrayLength().ShouldBe(0);
        run.Json.GetProperty("unreadableRelaySecrets").GetArrayLength().ShouldBe(0);
        await using var replica = await Replica.StartAsync(folder, certificate);
        var after = (await replica.LocationsAsync()).ShouldHaveSingleItem();
        replica.Read(after.ContentToken!).ShouldBe(before.Token);
        (await replica.OtherSecretsAsync()).ShouldBe(["of-the-mdm", "of-the-mdm"]);
        (await replica.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
        source.Dispose();
    }

    [Fact]
    public async Task A_copied_content_token_that_cannot_be_decrypted_is_reported()
    {
        var (source, before) = await RegisterAsync();
        Directory.Delete(source.File("keys"), recursive: true);

        var run = await MigrateAsync(source);

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        run.Json.GetProperty("unreadableContentTokens")[0].GetString().ShouldBe(before.LocationId);
        run.Json.GetProperty("unreadableRelaySecrets").GetArrayLength().ShouldBe(1);
        run.Json.GetProperty("unreadableReplacedSecrets")[0].GetString().ShouldBe(before.LocationId);
        source.Dispose();
    }

    [Fact]
    public async Task Nothing_is_copied_while_the_key_ring_cannot_be_opened()
    {
        using var source = new TemporaryFolder();
        await using (await Replica.StartAsync(source)) { }

        // A port that nothing listens on.
        var run = await CommandRun.OnAsync(
            folder.File("hub.db"),
            "migrate",
            $"--from-sqlite={source.File("hub.db")}",
            "--KeyRing:KeyVaultCertificate=https://127.0.0.1:1/certificates/key-ring"
        );

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldContain("Nothing was copied");
    }

    public void Dispose() => folder.Dispose();

    private Task<CommandRun> MigrateAsync(TemporaryFolder source) =>
        CommandRun.OnAsync(
            folder.File("hub.db"),
            "migrate",
            "--json",
            $"--from-sqlite={source.File("hub.db")}",
            $"--{certificate}"
        );

    /// <summary>A SQLite hub that has stopped, with one location whose secrets a key of its folder encrypts.</summary>
    private static async Task<(TemporaryFolder Source, (string LocationId, string Token) Before)> RegisterAsync()
    {
        var source = new TemporaryFolder();
        await using var scene = await RegistrationScene.StartAsync(
            options: null,
            $"Storage:ConnectionString=Data Source={source.File("hub.db")}"
        );
        await using var mdm = new Mdm(scene, await NotificationReceiver.StartAsync()) { Secret = "of-the-mdm" };
        mdm.Configure();
        var location = (await mdm.AddAsync(TakeoverMode.Relay)).Location;
        return (source, (location.LocationId, ContentToken.Parse(mdm.Library.ContentTokenFile).Reveal()));
    }

    private async Task<byte[]> ProtectInFolderAsync()
    {
        await using var before = await Replica.StartAsync(folder);
        var token = before.Protect(TestTokens.New());
        (await before.RowsAsync()).ShouldBeEmpty();
        return token;
    }
}
