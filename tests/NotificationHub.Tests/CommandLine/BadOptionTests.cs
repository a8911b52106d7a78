using System.CommandLine;
using System.CommandLine.Help;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Locations.KeyRing;

namespace NotificationHub.Tests.CommandLine;

/// <summary>Passes invalid values to every option and argument in the command tree.</summary>
public sealed class BadOptionTests
{
    private static readonly string[] BadValues = ["abc", "", "-1", "99999999999999999999", "1.5", "\u202E"];

    // The other required arguments, so that the bad value is the only error.
    private static readonly Dictionary<string, string[]> Valid = new(StringComparer.Ordinal)
    {
        ["locations add"] = ["--receive-only", "--url=https://hub.example.com"],
        ["locations add --relay"] = ["--token-file=TOKEN", "--url=https://hub.example.com"],
        ["locations add --replace"] = ["--token-file=TOKEN", "--url=https://hub.example.com"],
        ["locations show"] = ["abc"],
        ["locations verify"] = ["abc"],
        ["locations rotate-secret"] = ["abc"],
        ["locations renew-token"] = ["abc", "--token-file=TOKEN"],
        ["locations test"] = ["abc"],
        ["locations remove"] = ["abc"],
        ["relay status"] = ["abc"],
        ["relay set-aside"] = ["abc"],
        ["relay add"] = ["abc", "--relay-to=https://mdm.example.com"],
        ["relay start"] = ["abc"],
        ["relay stop"] = ["abc"],
        ["relay resend"] = ["abc"],
        ["relay remove"] = ["abc"],
        ["notifications show"] = ["1"],
        ["notifications reroute"] = ["1"],
        ["dead-letters show"] = ["1"],
        ["dead-letters resend"] = ["1"],
        ["dead-letters discard"] = ["1", "--reason=abc"],
        ["replay start"] = ["--topic=assets", "--after=0"],
        ["replay start --since"] = ["--topic=assets"],
        ["replay show"] = ["abc"],
        ["replay cancel"] = ["abc"],
        ["operations show"] = ["abc"],
        ["reconcile"] = ["--location=abc"],
        ["apple assets"] = ["--location=abc"],
        ["apple assignments"] = ["--location=abc"],
        ["apple subscriptions"] = ["--location=abc"],
        ["apple status"] = ["abc", "--location=abc"],
        ["apple users"] = ["--location=abc"],
        ["apple users create"] = ["abc", "--location=abc"],
        ["apple users update"] = ["abc", "--location=abc"],
        ["apple users retire"] = ["--location=abc", "--user=abc"],
        ["apple associate"] = ["--location=abc", "--asset=1", "--serial=abc"],
        ["apple disassociate"] = ["--location=abc", "--asset=1", "--serial=abc"],
        ["apple revoke"] = ["--location=abc", "--serial=abc"],
        ["erase"] = ["--serial=abc"],
    };

    public static TheoryData<string, string> Options
    {
        get
        {
            TheoryData<string, string> options = [];
            foreach (var (path, command) in Commands())
            {
                foreach (var option in command.Options.Where(option => option is not (HelpOption or VersionOption)))
                {
                    options.Add(path, option.Name);
                }
            }

            return options;
        }
    }

    public static TheoryData<string> Arguments =>
        [
            .. Commands()
                .Where(one => one.Command.Arguments.Any(argument => argument.ValueType != typeof(string)))
                .Select(one => one.Path),
        ];

    [Theory]
    [MemberData(nameof(Options))]
    public async Task An_invalid_option_value_gives_one_line_and_exit_code_2(string path, string name)
    {
        using var folder = new TemporaryFolder();
        var option = Commands().Single(one => one.Path == path).Command.Options.Single(one => one.Name == name);

        foreach (var value in BadValues.Where(value => IsBad(path, option, value)))
        {
            var run = await RunAsync(folder, path, [.. Without(path, name), $"{name}={value}"]);

            run.ExitCode.ShouldBe(ExitCode.Usage, $"{path} {name}={value}: {run.Error}");
            run.Output.ShouldBeEmpty();
            Lines(run.Error).ShouldHaveSingleItem($"{path} {name}={value}: {run.Error}");
        }
    }

    [Theory]
    [MemberData(nameof(Options))]
    public async Task No_option_value_causes_an_unhandled_exception(string path, string name)
    {
        using var folder = new TemporaryFolder();
        foreach (var value in BadValues)
        {
            var run = await RunAsync(folder, path, [.. Without(path, name), $"{name}={value}"]);

            run.Error.ShouldNotContain("   at ");
            run.Error.ShouldNotContain("System.");
        }
    }

    [Theory]
    [MemberData(nameof(Arguments))]
    public async Task An_invalid_argument_gives_one_line_and_exit_code_2(string path)
    {
        using var folder = new TemporaryFolder();
        foreach (var value in BadValues.Where(value => value.Length > 0 && value != "-1"))
        {
            var run = await RunAsync(folder, path, [value]);

            run.ExitCode.ShouldBe(ExitCode.Usage, $"{path} {value}: {run.Error}");
            Lines(run.Error).ShouldHaveSingleItem($"{path} {value}: {run.Error}");
            run.Error.ShouldNotContain("System.");
        }
    }

    private static string[] Without(string path, string name) =>
        [
            .. (Valid.GetValueOrDefault($"{path} {name}") ?? Valid.GetValueOrDefault(path, [])).Where(given =>
                given.Split('=')[0] != name
                && (
                    given == "--reason=abc"
                    || path == "dead-letters show"
                    || (path, name) is not (("erase", "--user") or (_, "--all" or "--topic"))
                )
            ),
        ];

    // Free text and file names are validated when the command runs. Whole numbers may be 0 or negative unless restricted.
    private static bool IsBad(string path, Option option, string value) =>
        option.ValueType == typeof(long) || option.ValueType == typeof(long?) ? !long.TryParse(value, out _)
        // A switch takes no value: after --all, the value is an additional argument, which is an error by itself.
        : option.ValueType == typeof(bool) ? value.Length > 0 && option.Name != "--all"
        : option.ValueType != typeof(string)
        && option.ValueType != typeof(string[])
        && option.ValueType != typeof(FileInfo)
            ? true
        : option.Name is "--url" or "--disposition" or "--topic" or "--state" or "--kind";

    private static Task<CommandRun> RunAsync(TemporaryFolder folder, string path, string[] rest)
    {
        if (path is "" or "serve")
        {
            // A valid command line would start the hub.
            rest = [.. rest, "--urls=nowhere"];
        }

        File.WriteAllText(folder.File("token"), TestTokens.New().Reveal());
        return CommandRun.OnAsync(
            folder.File("hub.db"),
            [
                .. path.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                .. rest.Select(given => given.Replace("=TOKEN", $"={folder.File("token")}", StringComparison.Ordinal)),
            ]
        );
    }

    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static IEnumerable<(string Path, Command Command)> Commands()
    {
        var root = HubCommandLine.Create(new CommandRunner([], TextWriter.Null, Stream.Null));
        return Commands("", root).Where(one => one.Command.Action is not null);

        static IEnumerable<(string Path, Command Command)> Commands(string path, Command command) =>
            command
                .Subcommands.SelectMany(child => Commands($"{path} {child.Name}".Trim(), child))
                .Prepend((path, command));
    }
}
