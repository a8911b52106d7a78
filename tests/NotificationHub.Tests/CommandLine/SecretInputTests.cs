using NotificationHub.CommandLine;

namespace NotificationHub.Tests.CommandLine;

/// <summary>Secrets that a command reads from the standard input: in a container, there is no file of the operator.</summary>
public sealed class SecretInputTests
{
    private static readonly string[] RenewToken = ["locations", "renew-token", "abc", "--token-file", "-"];

    [Fact]
    public async Task A_command_reads_a_content_token_from_one_line_of_the_standard_input()
    {
        var token = Convert.ToBase64String(
            """{"token":"t","expDate":"2027-08-01T12:00:00+0000","orgName":"Example"}"""u8
        );

        var run = await RunAsync([token, "the next line"], RenewToken);

        // The token is accepted; there is no database.
        run.Error.ShouldContain("does not exist");
        run.ExitCode.ShouldBe(ExitCode.NotFound);
    }

    [Theory]
    [InlineData("not a token", "--token-file: The content token is not base64 text")]
    [InlineData("", "--token-file -: standard input is empty")]
    [InlineData(null, "--token-file -: standard input is empty")]
    public async Task An_unusable_line_is_a_usage_error_that_does_not_repeat_it(string? line, string error)
    {
        var run = await RunAsync(line is null ? [] : [line], RenewToken);

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain(error);
        run.Error.ShouldNotContain("not a token");
    }

    [Fact]
    public async Task Each_secret_of_a_command_is_one_line()
    {
        var run = await RunAsync(
            ["c2hvcHBpbmcgbGlzdA==", "two words"],
            ["locations", "add", "--url=https://hub.example.com", "--token-file=-", "--relay-secret-file=-"]
        );

        run.ExitCode.ShouldBe(ExitCode.Usage);
        run.Error.ShouldContain("--token-file: The content token");
        run.Error.ShouldContain("--relay-secret-file: ");
        run.Error.ShouldNotContain("two words");
        run.Error.ShouldNotContain("standard input is empty");
    }

    private static async Task<(int ExitCode, string Error)> RunAsync(string[] lines, string[] args)
    {
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();
        var input = new Queue<string>(lines);
        var exitCode = await HubCommandLine.RunAsync(
            [.. args, $"--Storage:ConnectionString=Data Source={folder.File("none.db")}"],
            TextWriter.Null,
            Stream.Null,
            error,
            readLine: () => input.TryDequeue(out var line) ? line : null
        );
        return (exitCode, error.ToString());
    }
}
