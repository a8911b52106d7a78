using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotificationHub.CommandLine;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Documents;

/// <summary>The commands, parameters and settings in the README of <c>infra/bicep</c>.</summary>
public sealed partial class DeploymentDocumentTests
{
    private static readonly string Text = BicepFiles.Read("README.md");

    [BicepFact]
    public void The_hub_is_deployed_after_its_database_user_is_created()
    {
        var deployments = Lines("az deployment group create");

        deployments.Length.ShouldBe(2);
        deployments.ShouldAllBe(line => line.Contains(" --name main ", StringComparison.Ordinal));
        deployments[0].ShouldBe($"{deployments[1]} --parameters withHub=false");
        Deployment.Main.At("parameters.withHub.defaultValue").GetBoolean().ShouldBeTrue();
        Text.IndexOf(deployments[0], StringComparison.Ordinal)
            .ShouldBeLessThan(Text.IndexOf("2. [Let the hub into the database]", StringComparison.Ordinal));
    }

    [BicepFact]
    public void Every_named_parameter_exists()
    {
        string[] parameters =
        [
            .. Deployment.Main.At("parameters").EnumerateObject().Select(parameter => parameter.Name),
        ];

        Parameter()
            .Matches(Text + Runbook.Text)
            .Select(match => match.Groups["name"].Value)
            .Except(parameters)
            .ShouldBeEmpty();
        Runbook.Text.ShouldContain("`sqlVCores`");
        Runbook.Text.ShouldContain("`sqlMaxSizeInGB`");
        parameters.ShouldContain("sqlVCores");
        parameters.ShouldContain("sqlMaxSizeInGB");
    }

    [Fact]
    public void The_bicep_version_is_the_one_that_the_tests_use()
    {
        var pinned = XDocument
            .Parse(RepositoryFiles.Read("Directory.Packages.props"))
            .Descendants("PackageVersion")
            .Single(package => package.Attribute("Include")?.Value == "Azure.Bicep.CommandLine.linux-x64")
            .Attribute("Version")!
            .Value;

        Text.ShouldContain($"`az bicep install --version v{pinned}`");
        Text.ShouldNotContain("az bicep upgrade");
    }

    [Fact]
    public void The_hub_knows_every_named_setting()
    {
        var settings = Setting().Matches(Text).Select(match => match.Value).Distinct().ToArray();

        settings.ShouldContain("Auth__ApiKeys__0__Role");
        settings.ShouldContain("Auth__ApiKeys__1__Sha256");
        settings.Where(setting => !HubSettings.IsKnown(setting)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("--token-file -")]
    [InlineData("--receive-only")]
    public async Task The_hub_accepts_the_command_for_the_first_location(string choice)
    {
        var command = CommandInAReplica()
            .Matches(Text)
            .Select(match => match.Groups["command"].Value)
            .Single(command => command.StartsWith("locations add ", StringComparison.Ordinal));
        command.ShouldContain("--token-file -");
        Text.ShouldContain($"`{choice}`");
        using var folder = new TemporaryFolder();
        using var error = new StringWriter();

        var exitCode = await HubCommandLine.RunAsync(
            [
                .. command
                    .Replace("--token-file -", choice, StringComparison.Ordinal)
                    .Replace("$HUB", "https://hub.example.com", StringComparison.Ordinal)
                    .Split(' '),
                $"--Storage:ConnectionString=Data Source={folder.File("none.db")}",
            ],
            TextWriter.Null,
            Stream.Null,
            error,
            readLine: TestContentToken
        );

        exitCode.ShouldBe(ExitCode.NotFound, $"only the database is missing: {error}");
    }

    [BicepFact]
    public void The_documented_ports_and_URLs_are_those_of_the_deployment()
    {
        var ingress = Deployment.Dev.Hub.At("properties.configuration.ingress");
        var adminPort = ingress.At("additionalPortMappings.0.targetPort").GetInt32();

        Lines("| 80")
            .Select(row => row.Split('|', StringSplitOptions.TrimEntries)[1])
            .ShouldBe([$"{ingress.At("targetPort").GetInt32()}", $"{adminPort}"]);
        // Within the environment, an app is reachable under its name.
        Text.ShouldContain($" http://{Deployment.Dev.Hub.Text("name")}:{adminPort}/health/detail");
        Runbook.Text.ShouldContain($":{adminPort}/health/detail");
        Text.ShouldNotContain("$HUB/admin/", customMessage: "the ingress does not publish it");
    }

    [Fact]
    public void Commands_of_the_hub_run_the_program_of_the_image()
    {
        var program = ImageFile.List(ImageFile.One("ENTRYPOINT"))[0];

        Text.ShouldContain($"--command \"{program} doctor\"");
        Runbook.Text.ShouldContain($"--command \"{program} doctor\"");
    }

    private static string TestContentToken() =>
        Convert.ToBase64String("""{"token":"t","expDate":"2027-08-01T12:00:00+0000","orgName":"Example"}"""u8);

    private static string[] Lines(string start) =>
        [
            .. Text.Split('\n')
                .Select(line => line.Trim())
                .Where(line => line.StartsWith(start, StringComparison.Ordinal)),
        ];

    [GeneratedRegex("/app/NotificationHub (?<command>[^\"\n]+)")]
    private static partial Regex CommandInAReplica();

    [GeneratedRegex(@"--parameters (?<name>\w+)=")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+__\w+")]
    private static partial Regex Setting();
}
