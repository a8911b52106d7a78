using System.Text.RegularExpressions;
using NotificationHub.Tests.LocalBus;
using NotificationHub.Tests.Storage.Stores;
using YamlDotNet.RepresentationModel;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>The GitHub workflow that runs for each change.</summary>
public sealed partial class WorkflowTests
{
    private const string Path = ".github/workflows/build.yml";

    private static readonly YamlMappingNode File = RepositoryFiles.Yaml(Path);

    private static readonly (string Name, YamlNode Job)[] Jobs = [.. File.Members("jobs")];

    private static readonly YamlNode[] Steps = [.. Jobs.SelectMany(job => job.Job.Items("steps"))];

    [Fact]
    public void Each_job_has_read_permission_only()
    {
        File.Find("permissions").ShouldBeOfType<YamlMappingNode>().Children.ShouldBeEmpty();
        foreach (var (name, job) in Jobs)
        {
            job.Members("permissions")
                .Select(grant => $"{grant.Name}: {((YamlScalarNode)grant.Value).Value}")
                .ShouldBe(["contents: read"], name);
        }
    }

    [Fact]
    public void Every_action_is_pinned_to_a_commit_and_states_its_version()
    {
        var uses = RepositoryFiles
            .Read(Path)
            .Split('\n')
            .Where(line => line.Contains("uses:", StringComparison.Ordinal))
            .ToArray();

        uses.Length.ShouldBe(Steps.Count(step => step.Text("uses") is not null));
        uses.ShouldAllBe(line => Pinned().IsMatch(line));
    }

    [Fact]
    public void Each_action_has_one_version() =>
        Steps
            .Select(step => step.Text("uses"))
            .OfType<string>()
            .Distinct()
            .GroupBy(action => action.Split('@')[0])
            .ShouldAllBe(versions => versions.Count() == 1);

    [Fact]
    public void Checkouts_do_not_persist_credentials() =>
        Steps
            .Where(step => step.Text("uses")?.StartsWith("actions/checkout@", StringComparison.Ordinal) == true)
            .ShouldAllBe(step => step.Text("with", "persist-credentials") == "false");

    [Fact]
    public void Scripts_contain_no_expressions() =>
        Steps
            .Select(step => step.Text("run") ?? "")
            .ShouldAllBe(script => !script.Contains("${{", StringComparison.Ordinal));

    [Fact]
    public void Every_job_has_a_timeout_and_a_fixed_version_of_its_runner() =>
        Jobs.ShouldAllBe(job =>
            job.Job.Text("timeout-minutes") != null
            && !job.Job.Text("runs-on")!.EndsWith("-latest", StringComparison.Ordinal)
        );

    [Fact]
    public void Tests_use_the_SQL_Server_version_of_the_compose_file_and_are_not_skipped()
    {
        var test = Jobs.Single(job => job.Name == "test").Job;

        test.Text("env", "NOTIFICATIONHUB_REQUIRE_SQLSERVER").ShouldBe("1");
        test.Text("env", "NOTIFICATIONHUB_TEST_SQLSERVER")!.ShouldContain("Server=localhost,1433;");
        test.Text("services", "sql", "image")
            .ShouldBe(RepositoryFiles.Yaml("compose.yaml").Text("services", "sql", "image"));
        Scripts("test").ShouldContain("dotnet test");
    }

    [Fact]
    public void The_JavaScript_SDK_is_installed_and_its_test_is_not_skipped()
    {
        var test = Jobs.Single(job => job.Name == "test").Job;

        test.Text("env", JavaScriptSdkTests.RequireVariable).ShouldBe("1");
        test.Items("steps")
            .TakeWhile(step => step.Text("run")?.StartsWith("dotnet test", StringComparison.Ordinal) != true)
            .Where(step => step.Text("uses")?.StartsWith("actions/setup-node@", StringComparison.Ordinal) == true)
            .ShouldHaveSingleItem()
            .Text("with", "node-version")
            .ShouldNotBeNull();
    }

    [Fact]
    public void Whole_hub_and_crash_tests_also_run_on_SQL_Server()
    {
        var step = Jobs.Single(job => job.Name == "test")
            .Job.Items("steps")
            .Where(step => step.Text("env", TestServer.StoreVariable) == "SqlServer")
            .ShouldHaveSingleItem();

        var script = step.Text("run")!;
        script.ShouldStartWith("dotnet test --no-build ");
        script.ShouldContain("--filter \"FullyQualifiedName~EndToEnd|FullyQualifiedName~Crash\"");
    }

    [Fact]
    public void The_tests_compile_the_Bicep_files_with_the_pinned_compiler()
    {
        var test = Jobs.Single(job => job.Name == "test").Job;

        // Without the compiler, CompilerTests fails on this platform.
        test.Text("runs-on").ShouldBe("ubuntu-24.04");
        test.Items("steps")
            .Select(step => step.Text("run") ?? "")
            .ShouldContain(script =>
                script.StartsWith("dotnet test ", StringComparison.Ordinal)
                && !script.Contains("--filter", StringComparison.Ordinal)
            );
        Steps
            .Select(step => step.Text("run") ?? "")
            .ShouldAllBe(script => !script.Contains("az bicep", StringComparison.Ordinal));
    }

    [Fact]
    public void The_image_is_built_for_both_platforms_listed_and_searched_for_vulnerabilities()
    {
        var scripts = Scripts("supply-chain");

        scripts.ShouldContain("--platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max");
        scripts.ShouldContain("--fail-on high");
        Container().Matches(scripts).ShouldHaveSingleItem().Value.ShouldContain("@sha256:");
        // The README builds the image for production in the same way.
        BicepFiles
            .Read("README.md")
            .ShouldContain("--platform linux/amd64,linux/arm64 --sbom=true --provenance=mode=max");
    }

    [Fact]
    public void A_pull_request_shows_how_it_changes_the_deployment()
    {
        var job = Jobs.Single(job => job.Name == "deployment-changes").Job;

        job.Text("if").ShouldBe("${{ github.event_name == 'pull_request' }}");
        // The base is a parent of the commit that is checked out.
        job.Items("steps").First().Text("with", "fetch-depth").ShouldBe("2");
        Scripts("deployment-changes").ShouldContain("-getProperty:BicepPath");
        Script()
            .Matches(Scripts("deployment-changes"))
            .Select(match => match.Groups["name"].Value)
            .ShouldBe(["snapshot.sh", "snapshot.sh"]);
        System.IO.File.Exists(System.IO.Path.Combine(BicepFiles.Folder, "snapshot.sh")).ShouldBeTrue();
    }

    [Fact]
    public void Dependabot_updates_everything_that_is_pinned() =>
        RepositoryFiles
            .Yaml(".github/dependabot.yml")
            .Items("updates")
            .Select(update => update.Text("package-ecosystem"))
            .ShouldBe(["github-actions", "nuget", "docker", "docker-compose"], ignoreOrder: true);

    private static string Scripts(string job) =>
        string.Join(
            '\n',
            Jobs.Single(one => one.Name == job).Job.Items("steps").Select(step => step.Text("run")).OfType<string>()
        );

    [GeneratedRegex(@"anchore/grype\S+")]
    private static partial Regex Container();

    [GeneratedRegex(@"infra/bicep/(?<name>[\w-]+\.sh)")]
    private static partial Regex Script();

    [GeneratedRegex(@"uses: [\w-]+/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")]
    private static partial Regex Pinned();
}
