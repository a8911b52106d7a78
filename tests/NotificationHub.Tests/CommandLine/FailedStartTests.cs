using System.Net;
using System.Net.Sockets;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Crash;

namespace NotificationHub.Tests.CommandLine;

public sealed class FailedStartTests
{
    [Fact]
    public async Task A_port_in_use_is_told_of_in_one_line()
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
    public async Task A_file_that_is_no_database_is_told_of_in_one_line()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("hub.db");
        await File.WriteAllTextAsync(file, new string('x', 5000));

        var lines = await FailAsync(folder, $"Storage:ConnectionString=Data Source={file}");

        var line = lines.ShouldHaveSingleItem();
        line.ShouldContain(file);
        line.ShouldContain("no SQLite database");
    }

    [Theory]
    [InlineData("")]
    [InlineData("file/hub.db")]
    [InlineData("file/data/hub.db")]
    public async Task A_place_where_no_database_can_be_is_a_fault_of_the_settings(string place)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("file"), "no folder");

        var run = await CommandRun.OnAsync(folder.File(place), "serve", "--urls=nowhere");

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldContain($"Storage:ConnectionString: {folder.Path}");
        run.Error.ShouldContain("urls: ");
    }

    /// <returns>All that the process printed.</returns>
    private static async Task<string[]> FailAsync(TemporaryFolder folder, params string[] settings)
    {
        await using var hub = HubProcess.Start(
            folder.Path,
            [.. settings, "Logging:LogLevel:Microsoft.Hosting.Lifetime=Warning"]
        );
        await Should.ThrowAsync<InvalidOperationException>(() => hub.ListeningAsync());
        return hub.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
