using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json.Nodes;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The scripts for operators, with a program in the place of the Azure CLI.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ScriptTests : IDisposable
{
    // Prints the answer to a command from a file, and records the command and the file that it passes.
    private const string FakeAz = """
        #!/usr/bin/env bash
        cd "$(dirname "$0")"
        echo "$*" >> calls
        while [ $# -gt 0 ]; do
          [ "$1" = --yaml ] && cat "$2" > passed
          shift
        done
        command=$(tail -n 1 calls)
        while IFS='|' read -r prefix answer; do
          case $command in "$prefix"*) printf "$answer"; exit 0 ;; esac
        done < answers
        case $command in *delete*) exit 0 ;; *) exit 3 ;; esac
        """;

    private readonly TemporaryFolder folder = new();

    [UnixFact]
    public void A_command_runs_in_the_job_with_its_arguments_and_all_other_properties_of_the_job()
    {
        var (exitCode, output) = Run(
            "run-command.sh",
            ["nhub", "nhub-command", "locations", "show", "--id=it's one", "--json"],
            """
            containerapp job show|{"containers":[{"name":"hub","image":"hub:1","args":["doctor"],"env":[{"name":"A","value":"B"}]}]}
            containerapp job start|nhub-command-7
            containerapp job execution show --resource-group nhub --name nhub-command --job-execution-name nhub-command-7|Succeeded
            containerapp job logs show --resource-group nhub --name nhub-command --execution nhub-command-7|the output\n
            """
        );

        exitCode.ShouldBe(0);
        output.ShouldContain("the output");
        var container = System
            .Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(File.ReadAllText(folder.File("passed")))
            .At("containers.0");
        container.Texts("args").ShouldBe(["locations", "show", "--id=it's one", "--json"]);
        container.Text("image").ShouldBe("hub:1");
        container.Text("env.0.value").ShouldBe("B");
    }

    [UnixFact]
    public void A_command_that_fails_in_the_job_fails_the_script()
    {
        Run(
            "run-command.sh",
            ["nhub", "nhub-command", "doctor"],
            """
            containerapp job show|{"containers":[{}]}
            containerapp job start|nhub-command-7
            containerapp job execution show|Failed
            """
        )
            .ExitCode.ShouldBe(1);
    }

    [UnixFact]
    public void What_is_not_declared_is_listed_and_deleted_only_on_request()
    {
        const string Answers = """
            servicebus topic list|assets\nusers\nold-topic\n
            servicebus topic subscription list --resource-group nhub --namespace-name bus --topic-name assets|inventory\ndeployment\nold-team\n
            servicebus topic subscription list --resource-group nhub --namespace-name bus --topic-name users|inventory\n
            servicebus topic subscription rule list --resource-group nhub --namespace-name bus --topic-name assets --subscription-name inventory|$Default\nown\neverything\n
            servicebus topic subscription rule list|$Default\nown\n
            """;
        string[] deletions =
        [
            "servicebus topic delete --name old-topic",
            "servicebus topic subscription delete --topic-name assets --name old-team",
            "servicebus topic subscription rule delete --topic-name assets --subscription-name inventory --name everything",
        ];

        var listed = Run("remove-undeclared.sh", ["nhub", "bus"], Answers);
        listed.ExitCode.ShouldBe(0);
        listed.Output.ShouldContain("not declared: topic old-topic\n");
        listed.Output.ShouldContain("not declared: subscription assets/old-team\n");
        listed.Output.ShouldContain("not declared: rule assets/inventory/everything\n");
        listed.Output.ShouldContain("Nothing was deleted.");
        Calls().ShouldAllBe(call => !call.Contains("delete", StringComparison.Ordinal));

        Run("remove-undeclared.sh", ["nhub", "bus", "--delete"], Answers).ExitCode.ShouldBe(0);
        Calls()
            .Where(call => call.Contains("delete", StringComparison.Ordinal))
            .ShouldBe(
                deletions.Select(deletion => $"{deletion} --resource-group nhub --namespace-name bus"),
                ignoreOrder: true
            );
    }

    [UnixFact]
    public void A_rule_of_a_subscription_is_declared_for_this_subscription_only()
    {
        var topics = JsonNode.Parse(BicepFiles.Read("topics.json"))!;
        topics["topics"]![0]!["subscriptions"]![0]!["rules"] = JsonNode.Parse(
            """{ "north": { "correlation": { "audience": "all", "location": "north" } } }"""
        );
        File.WriteAllText(folder.File("topics.json"), topics.ToJsonString());
        var script = folder.File("remove-undeclared.sh");
        File.Copy(Path.Combine(BicepFiles.Folder, "remove-undeclared.sh"), script);

        var (exitCode, output) = Run(
            script,
            ["nhub", "bus"],
            """
            servicebus topic list|assets\n
            servicebus topic subscription list|inventory\ndeployment\n
            servicebus topic subscription rule list|$Default\nown\nnorth\n
            """
        );

        exitCode.ShouldBe(0, output);
        output
            .Split('\n')
            .Where(line => line.StartsWith("not declared", StringComparison.Ordinal))
            .ShouldBe(["not declared: rule assets/deployment/north"]);
    }

    [UnixFact]
    public void The_script_stops_if_the_namespace_cannot_be_read()
    {
        Run("remove-undeclared.sh", ["nhub", "bus", "--force"], "").ExitCode.ShouldBe(64);
        File.Exists(folder.File("calls")).ShouldBeFalse();

        Run("remove-undeclared.sh", ["nhub", "bus", "--delete"], "servicebus topic list|old-topic\\nassets\\n")
            .ExitCode.ShouldBe(3, "the subscriptions cannot be listed");
        Run("remove-undeclared.sh", ["nhub", "bus", "--delete"], "other|").ExitCode.ShouldBe(3);
    }

    [UnixFact]
    public void A_snapshot_is_written_for_each_parameter_file()
    {
        File.WriteAllText(folder.File("one.bicepparam"), "");
        File.WriteAllText(folder.File("two.bicepparam"), "");
        File.WriteAllText(
            folder.File("bicep"),
            "#!/usr/bin/env bash\necho \"$HUB_IMAGE $ALERT_EMAIL\" > \"${2%.bicepparam}.snapshot.json\"\n"
        );
        File.SetUnixFileMode(folder.File("bicep"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        Run("snapshot.sh", [folder.File("bicep"), folder.Path, folder.File("target")], "").ExitCode.ShouldBe(0);

        Directory
            .EnumerateFiles(folder.File("target"))
            .Select(Path.GetFileName)
            .ShouldBe(["one.snapshot.json", "two.snapshot.json"], ignoreOrder: true);
        BicepFiles
            .RequiredVariables()
            .ShouldAllBe(name => BicepFiles.Read("snapshot.sh").Contains($"{name}=", StringComparison.Ordinal));
    }

    public void Dispose() => folder.Dispose();

    private string[] Calls() => File.ReadAllLines(folder.File("calls"));

    private (int ExitCode, string Output) Run(string script, string[] arguments, string answers)
    {
        File.WriteAllText(folder.File("answers"), answers + "\n");
        File.WriteAllText(folder.File("az"), FakeAz);
        File.SetUnixFileMode(folder.File("az"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("bash", [Path.Combine(BicepFiles.Folder, script), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{folder.Path}:{start.Environment["PATH"]}";

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.GetAwaiter().GetResult());
    }
}
