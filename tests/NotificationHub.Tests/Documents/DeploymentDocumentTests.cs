using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using NotificationHub.Locations;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Documents;

/// <summary>The commands, parameters and settings in the README of <c>infra/bicep</c>.</summary>
public sealed partial class DeploymentDocumentTests
{
    private const string FromTheTokenFile = "$(tr -d '\\n' < token.vpptoken)";

    private static readonly string Text = BicepFiles.Read("README.md");

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

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

    [Fact]
    public void The_hub_can_read_the_request_for_the_first_location()
    {
        var body = Lines("{\"url\"").ShouldHaveSingleItem();
        var input = JsonSerializer.Deserialize<AddLocationInput>(
            body.Replace("$HUB", "https://hub.example.com", StringComparison.Ordinal)
                .Replace(FromTheTokenFile, TestContentToken(), StringComparison.Ordinal),
            Strict
        );

        new AddLocationInputValidator().Validate(input!).Errors.ShouldBeEmpty();
        Text.ShouldContain("curl \"$HUB/admin/locations\" -H \"X-Api-Key: $KEY\"");
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

    [GeneratedRegex(@"--parameters (?<name>\w+)=")]
    private static partial Regex Parameter();

    [GeneratedRegex(@"\b[A-Z][A-Za-z]+__\w+")]
    private static partial Regex Setting();
}
