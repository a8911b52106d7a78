using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.Tests.CommandLine;
using NotificationHub.Tests.EndToEnd;

namespace NotificationHub.Tests.Storage;

/// <summary>The SQLite file and other programs and users of the machine.</summary>
public sealed class DatabaseFileTests
{
    private const UnixFileMode WorldReadable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    [Fact]
    public async Task Doctor_reports_a_file_that_others_can_read_and_opening_restricts_it()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using var test = await TestDatabase.OpenAsync();
        File.SetUnixFileMode(test.File, WorldReadable);
        File.SetUnixFileMode($"{test.File}-wal", WorldReadable);

        var doctor = await CommandRun.OnAsync(test.File, "doctor", "--json");

        doctor.Output.ShouldContain("other users of this machine can read or write it");
        File.GetUnixFileMode(test.File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.GetUnixFileMode($"{test.File}-wal").ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        (await CommandRun.OnAsync(test.File, "doctor", "--json")).Output.ShouldContain(
            "only the hub's user can read and replace it"
        );
    }

    [Theory]
    [InlineData(UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.GroupWrite)]
    public async Task A_folder_in_which_others_can_rename_files_is_reported(UnixFileMode more)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await using var test = await TestDatabase.OpenAsync();
        var folder = Path.GetDirectoryName(test.File)!;
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | more);

        var doctor = await CommandRun.OnAsync(test.File, "doctor", "--json");

        doctor.Output.ShouldContain("other users of this machine can rename and replace the contents of this folder");
    }

    [Fact]
    public async Task A_data_folder_that_the_hub_creates_is_private()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(folder.File("data/hub.db"), "migrate");

        run.ExitCode.ShouldBe(ExitCode.Ok);
        File.GetUnixFileMode(folder.File("data"))
            .ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Theory]
    [InlineData("locations list", "no database")]
    [InlineData("locations list", "")]
    [InlineData("doctor", "no database")]
    [InlineData("migrate", "no database")]
    [InlineData("serve --urls=http://127.0.0.1:0", "no database")]
    public async Task A_file_that_is_no_database_of_the_hub_keeps_its_mode(string command, string content)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        var file = folder.File("note.txt");
        await File.WriteAllTextAsync(file, content);
        File.SetUnixFileMode(file, WorldReadable);

        var run = await CommandRun.OnAsync(file, [.. command.Split(' '), "--Logging:LogLevel:Default=None"]);

        run.ExitCode.ShouldNotBe(ExitCode.Ok);
        File.GetUnixFileMode(file).ShouldBe(WorldReadable);
    }

    [UnixFact]
    [UnsupportedOSPlatform("windows")]
    public async Task The_source_of_a_copy_keeps_its_mode_if_it_is_no_database()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("LICENSE");
        await File.WriteAllTextAsync(file, "no database");
        File.SetUnixFileMode(file, WorldReadable);

        var run = await CommandRun.OnAsync(folder.File("hub.db"), "migrate", "--from-sqlite", file);

        run.Error.ShouldContain("not a SQLite database");
        File.GetUnixFileMode(file).ShouldBe(WorldReadable);
    }

    [Fact]
    public async Task A_password_in_the_connection_string_is_rejected()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.RunAsync(
            "locations",
            "list",
            $"--Storage:ConnectionString=Data Source={folder.File("hub.db")};Password=secret"
        );

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldContain("Storage:ConnectionString: must not set Password");
        run.Error.ShouldNotContain("secret");
    }

    [Theory]
    [InlineData("Default Timeout=99999999999")]
    [InlineData("Default Timeout=soon")]
    [InlineData("Pooling=maybe")]
    [InlineData("Mode=Sideways")]
    [InlineData("Bogus=1")]
    public async Task An_invalid_connection_string_is_rejected(string words)
    {
        using var folder = new TemporaryFolder();
        foreach (var provider in new[] { "Sqlite", "SqlServer" })
        {
            var run = await CommandRun.RunAsync(
                "locations",
                "list",
                $"--Storage:Provider={provider}",
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")};{words.Replace("Default", provider == "Sqlite" ? "Default" : "Connect", StringComparison.Ordinal)}",
                "--urls=nowhere"
            );

            run.ExitCode.ShouldBe(ExitCode.Configuration, $"{provider}: {run.Error}");
            run.Error.ShouldContain("Storage:ConnectionString: ");
            run.Error.ShouldContain("nowhere");
        }
    }

    [Fact]
    public async Task Commands_that_write_concurrently_all_succeed()
    {
        await using var hub = await HubHost.StartAsync();

        var runs = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(_ =>
                    Task.Run(() =>
                        CommandRun.OnAsync(
                            hub,
                            "locations",
                            "add",
                            "--receive-only",
                            $"--url={hub.Http.BaseAddress}",
                            "--Storage:LockTimeout=00:00:00"
                        )
                    )
                )
        );

        runs.ShouldAllBe(run => run.ExitCode == ExitCode.Ok, string.Join(' ', runs.Select(run => run.Error)));
    }

    [Fact]
    public async Task A_command_waits_longer_for_a_lock_than_the_hub()
    {
        await using var test = await TestDatabase.OpenAsync();
        await using var other = new SqliteConnection($"Data Source={test.File};Pooling=false");
        await other.OpenAsync();
        await using var held = other.BeginTransaction(deferred: false);

        var run = Task.Run(() => CommandRun.OnAsync(test.File, "doctor", "--json", "--Storage:LockTimeout=00:00:00"));
        // Long enough for the command to reach the lock; a command that does not wait would have failed by then.
        await Task.WhenAny(run, Task.Delay(TimeSpan.FromSeconds(2)));
        await held.RollbackAsync();

        (await run).Output.ShouldContain("has the schema of this version and can be written");
    }
}
