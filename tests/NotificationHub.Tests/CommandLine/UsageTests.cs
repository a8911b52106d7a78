using NotificationHub.CommandLine;

namespace NotificationHub.Tests.CommandLine;

public sealed class UsageTests
{
    private const string AsDuration = "must be a duration such as 00:00:15, or 1.00:00:00 for a day";

    private const string AsLogLevel = "must be one of Trace, Debug, Information, Warning, Error, Critical, None";

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
    [InlineData("locations list --state foo", "--state: must be one of ")]
    [InlineData("locations test abc --wait 1000", "--wait: must be between zero and 5 minutes.")]
    [InlineData("replay start --topic assets", "Specify exactly one of --after and --since.")]
    [InlineData("erase", "Specify exactly one of --serial and --user.")]
    [InlineData("erase --serial a --user b", "Specify exactly one of --serial and --user.")]
    [InlineData("dead-letters list --subscription x", "--subscription requires --topic.")]
    [InlineData("locations renew-token abc --token-file /", "--token-file /: it is a folder, not a file.")]
    public async Task An_error_of_the_command_line_names_the_option(string command, string error)
    {
        var run = await CommandRun.RunAsync(command.Split(' '));

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldStartWith(error);
        run.Error.TrimEnd().Split('\n').ShouldHaveSingleItem();
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
    [InlineData("--FullSync:Interval=24", AsDuration)]
    [InlineData("--Relay:Timeout=30", AsDuration)]
    [InlineData("--Relay:MaxAge=24:00:00", AsDuration)]
    [InlineData("--Locations:SilenceThreshold=3", AsDuration)]
    [InlineData("--Locations:SilenceThresholds:abc=1", AsDuration)]
    [InlineData("--Intake:BodyTimeout=abc", AsDuration)]
    [InlineData("--Intake:MaxBodyBytes=many", "must be a whole number")]
    [InlineData("--Publishing:IncludeInviteCode=maybe", "must be true or false")]
    [InlineData("--Auth:ApiKeys=abc", "must not have a value itself; see docs/configuration.md for the settings in it")]
    [InlineData("--Auth:ApiKeys:0:Bogus=1", "unknown setting; see docs/configuration.md")]
    [InlineData("--Logging:LogLevel:Default=Loud", AsLogLevel)]
    [InlineData("--Logging:Console:LogLevel:Microsoft=Loud", AsLogLevel)]
    [InlineData("--Logging:Console:MaxQueueLength=abc", "must be a whole number")]
    [InlineData("--Logging:Console:FormatterOptions:IncludeScopes=maybe", "must be true or false")]
    public async Task A_setting_with_an_invalid_value_is_rejected_with_advice(string setting, string advice)
    {
        foreach (string[] command in new string[][] { ["serve"], ["locations", "list"] })
        {
            var run = await CommandRun.RunAsync([.. command, setting]);

            run.ExitCode.ShouldBe(ExitCode.Configuration);
            run.Error.Split('\n')[1].ShouldBe($"  {setting.Split('=')[0][2..]}: {advice}");
            run.Error.TrimEnd().Split('\n').Length.ShouldBe(2, run.Error);
        }
    }

    [Fact]
    public async Task Errors_of_lists_and_sections_have_the_names_of_the_documentation()
    {
        var run = await CommandRun.RunAsync(
            "serve",
            "--Auth:ApiKeys:0:Role=Read",
            "--Auth:Entra:ClientSecret=abc",
            "--Locations:SilenceThresholds:abc=00:00:01"
        );

        run.Error.ShouldContain("  Auth:ApiKeys:0:Name: ");
        run.Error.ShouldContain("  Auth:Entra:ClientSecret: ");
        run.Error.ShouldContain("  Locations:SilenceThresholds:abc: ");
    }

    [Theory]
    [InlineData("--Locations:SilenceThreshold=")]
    [InlineData("--Relay:Timeout=00:00:30.5")]
    [InlineData("--Retention:Events=10.00:00:00")]
    [InlineData("--Logging:LogLevel:Default=warning")]
    [InlineData("--Publishing:IncludeInviteCode=TRUE")]
    public void A_valid_setting_is_accepted(string setting) =>
        Should.NotThrow(() => HubApplication.Compose([setting]).ThrowIfInvalid());

    [Theory]
    [InlineData("--urls=nowhere")]
    [InlineData("--urls=ftp://127.0.0.1:1")]
    [InlineData("--urls=http://127.0.0.1:0;http://127.0.0.1:65536")]
    [InlineData("--urls=http://127.0.0.1:0/base")]
    [InlineData("--urls=http://localhost:0")]
    [InlineData("--Admin:Urls=http://localhost:0")]
    [InlineData("--Kestrel:Endpoints:A:Url=http://localhost:0")]
    [InlineData("--Kestrel:Endpoints:A:Url=nowhere")]
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
