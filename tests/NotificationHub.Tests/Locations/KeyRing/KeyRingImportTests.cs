using System.Runtime.Versioning;
using NotificationHub.CommandLine;
using NotificationHub.Tests.CommandLine;

namespace NotificationHub.Tests.Locations.KeyRing;

/// <summary>Keys of a folder, and unprotected keys, once there is a certificate.</summary>
public sealed class KeyRingImportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly string certificate;

    public KeyRingImportTests() => certificate = $"KeyRing:CertificateFile={TestCertificate.WritePfx(folder, "one")}";

    [Fact]
    public async Task Keys_of_the_folder_are_imported_once_and_protected()
    {
        var token = await ProtectInFolderAsync();
        await using (var one = await Replica.StartAsync(folder, certificate))
        {
            one.CanRead(token).ShouldBeTrue();
            (await one.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
            one.Log.Text.ShouldContain("was imported");
        }

        await using (var beside = await Replica.StartAsync(folder, certificate))
        {
            beside.CanRead(token).ShouldBeTrue();
            (await beside.RowsAsync()).Count.ShouldBe(1);
            beside.Log.Text.ShouldNotContain("was imported");
        }

        Directory.Delete(Path.Combine(folder.Path, "keys"), recursive: true);
        await using var without = await Replica.StartAsync(folder, certificate);
        without.CanRead(token).ShouldBeTrue();
    }

    [Fact]
    public async Task Unprotected_keys_in_the_database_are_protected()
    {
        var token = await ProtectInFolderAsync();
        await using (var replica = await Replica.StartAsync(folder, certificate))
        {
            replica.CanRead(token).ShouldBeTrue();
        }

        var file = Directory.GetFiles(Path.Combine(folder.Path, "keys")).ShouldHaveSingleItem();
        var unprotected = await File.ReadAllTextAsync(file);
        Directory.Delete(Path.Combine(folder.Path, "keys"), recursive: true);
        await using var after = await Replica.StartAsync(folder, certificate);
        await after.ExecuteAsync("update data_protection_key set xml = @unprotected", new { unprotected });

        after.CanRead(token).ShouldBeTrue();

        (await after.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
        after.Log.Text.ShouldContain("was stored unprotected");
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
    public async Task A_copied_database_has_the_keys_of_the_folder_beside_the_source()
    {
        var token = await ProtectInFolderAsync();
        using var target = new TemporaryFolder();

        var run = await CommandRun.OnAsync(
            target.File("hub.db"),
            "migrate",
            $"--from={folder.File("hub.db")}",
            $"--{certificate}"
        );

        run.ExitCode.ShouldBe(ExitCode.Ok, run.Error);
        run.Output.ShouldContain("imported");
        await using var replica = await Replica.StartAsync(target, certificate);
        replica.CanRead(token).ShouldBeTrue();
        (await replica.RowsAsync()).ShouldHaveSingleItem().ShouldNotContain("masterKey");
    }

    public void Dispose() => folder.Dispose();

    private async Task<byte[]> ProtectInFolderAsync()
    {
        await using var before = await Replica.StartAsync(folder);
        var token = before.Protect(TestTokens.New());
        (await before.RowsAsync()).ShouldBeEmpty();
        return token;
    }
}
