using System.Text.RegularExpressions;
using YamlDotNet.RepresentationModel;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Checks <c>compose.yaml</c>, the hub with SQL Server on one machine.</summary>
public sealed partial class ComposeTests
{
    private static readonly YamlMappingNode File = RepositoryFiles.Yaml("compose.yaml");

    private static readonly YamlNode Hub = File.Find("services", "hub")!;

    [Fact]
    public void The_hub_can_write_only_to_its_volume_and_tmp()
    {
        Hub.Text("read_only").ShouldBe("true");
        Hub.Texts("tmpfs").ShouldBe(["/tmp"]);
        Hub.Texts("cap_drop").ShouldBe(["ALL"]);
        Hub.Texts("security_opt").ShouldBe(["no-new-privileges:true"]);
        Hub.Text("user").ShouldBeNull("the image sets the user");
        Hub.Text("privileged").ShouldBeNull();

        var volume = ImageFile.One("VOLUME");
        Hub.Texts("volumes").ShouldBe([$"hub:{volume}"]);
        Hub.Text("environment", "KeyRing__CertificateFile").ShouldBe("/run/secrets/key_ring");
        Hub.Texts("secrets").ShouldBe(["key_ring"]);
    }

    [Fact]
    public void The_hub_knows_every_setting_of_the_compose_file() =>
        Hub.Members("environment")
            .Select(setting => setting.Name)
            .Where(name => !HubSettings.IsKnown(name))
            .ShouldBeEmpty();

    [Fact]
    public void The_ports_of_the_image_are_published_on_loopback_only() =>
        Hub.Texts("ports").ShouldBe(ImageFile.One("EXPOSE").Split(' ').Select(port => $"127.0.0.1:{port}:{port}"));

    [BicepFact]
    public void The_stop_timeout_is_the_same_as_in_the_deployment()
    {
        var seconds = Deployment.Dev.Hub.At("properties.template.terminationGracePeriodSeconds").GetInt32();

        Hub.Text("stop_grace_period").ShouldBe($"{seconds}s");
    }

    [Fact]
    public void The_hub_waits_for_the_database_which_waits_for_SQL_Server()
    {
        Hub.Text("depends_on", "database", "condition").ShouldBe("service_completed_successfully");
        File.Text("services", "database", "depends_on", "sql", "condition").ShouldBe("service_healthy");
        File.Items("services", "sql", "healthcheck", "test").ShouldNotBeEmpty();
    }

    [Fact]
    public void Images_have_fixed_versions_and_digests()
    {
        var images = File.Members("services").Select(service => service.Value.Text("image")!).ToArray();

        images[0].ShouldBe("notificationhub:dev", "compose builds it");
        images.Length.ShouldBe(3);
        images.Skip(1).ShouldAllBe(image => Tagged().IsMatch(image));
    }

    [Fact]
    public void The_file_contains_no_password()
    {
        var values = File.AllNodes.OfType<YamlScalarNode>().Select(node => node.Value!).ToArray();
        var passwords = File.Members("services")
            .SelectMany(service => service.Value.Members("environment"))
            .Where(setting => setting.Name.Contains("PASSWORD", StringComparison.Ordinal))
            .Select(setting => ((YamlScalarNode)setting.Value).Value!)
            .Concat(values.SelectMany(value => Password().Matches(value)).Select(match => match.Groups["value"].Value))
            .ToArray();

        passwords.Length.ShouldBe(3);
        passwords.ShouldAllBe(password => FromTheEnvironment().IsMatch(password));
    }

    [GeneratedRegex(@"^[^:]+:[\w.-]+@sha256:[0-9a-f]{64}$")]
    private static partial Regex Tagged();

    [GeneratedRegex(@";Password=(?<value>'[^']*'|[^;]*)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Password();

    // Compose starts nothing if the variable is not set.
    [GeneratedRegex(@"^'?\$\{SQL_SA_PASSWORD:\?[^}]+\}'?$")]
    private static partial Regex FromTheEnvironment();
}
