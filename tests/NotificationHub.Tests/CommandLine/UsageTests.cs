using NotificationHub.CommandLine;

namespace NotificationHub.Tests.CommandLine;

public sealed class UsageTests
{
    [Theory]
    [InlineData("--bogus")]
    [InlineData("bogus")]
    [InlineData("locations", "list", "--bogus")]
    [InlineData("locations", "add", "--receive-only")]
    [InlineData("locations", "add", "--receive-only", "--url")]
    [InlineData("locations", "add", "--url", "https://hub.example.com", "--token-file")]
    [InlineData("locations", "renew-token", "--token-file", "there-is-no-such-file")]
    [InlineData("locations", "renew-token", "abc")]
    [InlineData("locations", "add", "--url", "https://hub.example.com", "--receive-only=maybe")]
    [InlineData("locations", "remove", "abc", "--delete-data=maybe")]
    [InlineData("locations", "test", "abc", "--wait")]
    [InlineData("locations", "add", "--url", "https://hub.example.com")]
    [InlineData("locations", "add", "--url", "http://hub.example.com", "--receive-only")]
    [InlineData("locations", "add", "--url", "https://hub.example.com", "--receive-only", "--mdm-id", "mdm")]
    [InlineData("locations", "add", "--url", "https://hub.example.com", "--token-file", "there-is-no-such-file")]
    [InlineData("notifications", "list", "--disposition", "lost")]
    [InlineData("notifications", "list", "--limit", "0")]
    [InlineData("notifications", "list", "--adam-id", "app")]
    [InlineData("notifications", "list", "--since", "2026-03-02", "--until", "2026-03-01")]
    [InlineData("notifications", "show")]
    [InlineData("notifications", "show", "first")]
    [InlineData("notifications", "reroute")]
    [InlineData("notifications", "reroute", "1", "--disposition", "rejected")]
    [InlineData("notifications", "reroute", "--disposition", "accepted")]
    [InlineData("notifications", "reroute", "--disposition", "rerouted")]
    [InlineData("serve", "locations")]
    public async Task An_invalid_command_line_changes_nothing(params string[] args)
    {
        var run = await CommandRun.RunAsync(args);

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData]
    [InlineData("locations", "list")]
    public async Task All_invalid_settings_are_reported_at_once(params string[] command)
    {
        var run = await CommandRun.RunAsync([
            .. command,
            "--Storage:LockTimeout=soon",
            "--Apple:BaseUrl=http://apple.example.com",
            "--Locations:Bogus=1",
            "--Intak:MaxBodyBytes=5",
            "--Bogus:Key=1",
            "--urls=nowhere",
        ]);

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Output.ShouldBeEmpty();
        run.Error.ShouldContain("Storage:LockTimeout");
        run.Error.ShouldContain("Apple:BaseUrl");
        run.Error.ShouldContain("Locations:Bogus");
        run.Error.ShouldContain("'Intake'");
        run.Error.ShouldContain("Bogus:Key");
        run.Error.ShouldContain("nowhere");
        run.Error.ShouldNotContain(" at ");
    }

    [Theory]
    [InlineData("--Health:StallThreshold=00:00:01", "must be between 30 seconds and 1 day")]
    [InlineData("--Hosting:DrainDelay=-00:00:01", "must be between 0 and 5 minutes")]
    [InlineData("--Hosting:DrainDelay=00:05:01", "must be between 0 and 5 minutes")]
    public async Task A_setting_out_of_range_is_rejected_with_the_range(string setting, string advice)
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(folder.File("hub.db"), setting, "--Logging:LogLevel:Default=None");

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldContain($"{setting.Split('=')[0][2..]}: {advice}");
    }

    [Theory]
    [InlineData("--urls=nowhere")]
    [InlineData("--urls=ftp://127.0.0.1:1")]
    [InlineData("--urls=http://127.0.0.1:0;http://127.0.0.1:65536")]
    [InlineData("--urls=http://127.0.0.1:0/base")]
    [InlineData("--http_ports=0;any")]
    public async Task An_invalid_listen_address_is_an_error_of_the_settings(string setting)
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(folder.File("hub.db"), setting, "--Logging:LogLevel:Default=None");

        run.ExitCode.ShouldBe(ExitCode.Configuration);
        run.Error.ShouldContain(setting.Split('=')[0][2..] + ": ");
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_creates_no_database()
    {
        using var folder = new TemporaryFolder();

        var run = await CommandRun.OnAsync(folder.File("hub.db"), "locations", "list");

        run.ExitCode.ShouldBe(ExitCode.NotFound);
        run.Error.ShouldContain(folder.File("hub.db"));
        Directory.EnumerateFileSystemEntries(folder.Path).ShouldBeEmpty();
    }
}
