using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.Storage;
using NotificationHub.Storage.Sqlite;
using NotificationHub.Tests.Crash;
using SQLitePCL;

namespace NotificationHub.Tests.CommandLine;

public sealed class FailedStartTests
{
    [Fact]
    public async Task A_port_in_use_is_reported_in_one_line()
    {
        using var folder = new TemporaryFolder();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var lines = await FailAsync(
            folder,
            $"urls=http://{other.LocalEndpoint}",
            $"Storage:ConnectionString=Data Source={folder.File("hub.db")}"
        );

        var line = lines.ShouldHaveSingleItem();
        line.ShouldContain(other.LocalEndpoint.ToString()!);
        line.ShouldContain("--urls");
    }

    [Fact]
    public async Task A_file_that_is_not_a_database_is_reported_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("hub.db");
        await File.WriteAllTextAsync(file, new string('x', 5000));

        var lines = await FailAsync(folder, $"Storage:ConnectionString=Data Source={file}");

        var line = lines.ShouldHaveSingleItem();
        line.ShouldContain(file);
        line.ShouldContain("not a SQLite database");
    }

    [Fact]
    public void A_failed_write_at_startup_gives_the_exit_code_for_settings()
    {
        var full = new StorageUnavailableException(
            "SQLite refused the write",
            new SqliteException("database or disk is full", raw.SQLITE_FULL)
        );

        var fault = SqliteOpenError.FromWrite("/data/hub.db", full)!;

        fault.IsUnusable.ShouldBeTrue();
        fault.Message.ShouldBe(
            "The database /data/hub.db cannot be opened: the disk is full. Free some space, and try again."
        );
        SqliteOpenError
            .Create("/data/hub.db", new SqliteException("locked", raw.SQLITE_BUSY))
            .IsUnusable.ShouldBeFalse();
    }

    [Fact]
    public async Task A_full_disk_at_startup_gives_one_line_and_the_exit_code_for_settings()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var folder = new TemporaryFolder();
        // Files are limited to 64 KiB, which looks like a full disk to SQLite.
        var start = new ProcessStartInfo("/bin/bash")
        {
            WorkingDirectory = folder.Path,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_EnableWriteXorExecute"] = "0", ["DOTNET_EnableDiagnostics"] = "0" },
        };
        foreach (
            var argument in new[]
            {
                "-c",
                "trap '' XFSZ; ulimit -f 64; exec \"$0\" \"$@\"",
                HubProcess.DotnetHost(),
                "exec",
                Path.Combine(AppContext.BaseDirectory, "NotificationHub.dll"),
                "--urls=http://127.0.0.1:0",
                $"--Storage:ConnectionString=Data Source={folder.File("hub.db")}",
            }
        )
        {
            start.ArgumentList.Add(argument);
        }

        using var hub = Process.Start(start)!;
        var (output, error) = (hub.StandardOutput.ReadToEndAsync(), hub.StandardError.ReadToEndAsync());
        await hub.WaitForExitAsync();

        hub.ExitCode.ShouldBe(ExitCode.Configuration, await error);
        (await error)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ShouldHaveSingleItem()
            .ShouldStartWith($"The database {folder.File("hub.db")} cannot be opened: ");
        (await output).ShouldNotContain(" at ");
    }

    [Theory]
    [InlineData("")]
    [InlineData("file/hub.db")]
    [InlineData("file/data/hub.db")]
    public async Task An_impossible_database_path_is_an_error_of_the_settings(string place)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("file"), "no folder");

        var run = await CommandRun.OnAsync(folder.File(place), "serve", "--urls=nowhere");

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldContain($"Storage:ConnectionString: {folder.Path}");
        run.Error.ShouldContain("urls: ");
    }

    [Theory]
    [InlineData("urls")]
    [InlineData("Admin:Urls")]
    [InlineData("Kestrel:Endpoints:A:Url")]
    public async Task An_unusable_certificate_is_an_error_of_the_settings(string setting)
    {
        using var folder = new TemporaryFolder();
        var certificate = folder.File("hub.pem");
        await File.WriteAllTextAsync(certificate, "no certificate");

        var run = await ServeAsync(
            folder,
            $"--{setting}=https://127.0.0.1:0",
            $"--Kestrel:Certificates:Default:Path={certificate}"
        );

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldStartWith(
            $"The settings are invalid:\n  {setting}: 'https://127.0.0.1:0' requires a certificate. "
        );
        run.Error.ShouldContain("Kestrel:Certificates:Default:Path");
    }

    [Fact]
    public async Task An_address_of_another_machine_is_reported_with_the_address_and_the_setting()
    {
        using var folder = new TemporaryFolder();

        // RFC 5737 reserves this address for documentation.
        var run = await ServeAsync(folder, "--urls=http://192.0.2.1:0");

        run.ExitCode.ShouldBe(ExitCode.Failed);
        run.Error.ShouldStartWith("The hub cannot listen on http://192.0.2.1:0: ");
        run.Error.ShouldContain("Set an address of this machine that the hub's user may use with --urls");
        run.Error.TrimEnd().Split('\n').ShouldHaveSingleItem();
    }

    private static Task<CommandRun> ServeAsync(TemporaryFolder folder, params string[] settings) =>
        CommandRun.OnAsync(folder.File("hub.db"), ["serve", .. settings, "--Logging:LogLevel:Default=None"]);

    /// <returns>All that the process printed.</returns>
    private static async Task<string[]> FailAsync(TemporaryFolder folder, params string[] settings)
    {
        await using var hub = HubProcess.Start(
            folder.Path,
            [.. settings, "Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning"]
        );
        await Should.ThrowAsync<InvalidOperationException>(() => hub.StartedAsync());
        return hub.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
