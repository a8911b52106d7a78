using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.Health;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Checks the image without building it.</summary>
public sealed partial class ImageTests
{
    private const string Program = "/app/NotificationHub";

    [Fact]
    public void The_base_images_have_the_hubs_NET_version()
    {
        var version = $"{Environment.Version.Major}.{Environment.Version.Minor}";

        ImageFile.Bases.ShouldAllBe(image =>
            image.Split(':', 2)[1].StartsWith($"{version}-", StringComparison.Ordinal)
        );
        ImageFile
            .Final[0]
            .Text.ShouldStartWith(
                $"mcr.microsoft.com/dotnet/aspnet:{version}-noble-chiseled-extra@",
                customMessage: "no shell, and ICU, without which SqlClient does not work"
            );
    }

    [Fact]
    public void The_base_images_have_digests()
    {
        ImageFile.Bases.Count().ShouldBe(2);
        ImageFile.Bases.ShouldAllBe(image => Digest().IsMatch(image));
    }

    [Fact]
    public void The_image_runs_as_the_non_root_user_of_its_base()
    {
        // The number of the user that the base image defines, because orchestrators that require a non-root user check the number.
        ImageFile.Final.Last(instruction => instruction.Word == "USER").Text.ShouldBe("$APP_UID");
        ImageFile.Final.ShouldNotContain(instruction => instruction.Word == "RUN", "there is no shell to run it");
    }

    [Fact]
    public void The_database_is_in_the_volume()
    {
        var volume = ImageFile.One("VOLUME");

        new SqliteConnectionStringBuilder(
            ImageFile.Environment["Storage__ConnectionString"]
        ).DataSource.ShouldStartWith($"{volume}/");
        ImageFile.Final.ShouldContain(("COPY", $"--from=build --chown=$APP_UID:$APP_UID {volume} {volume}"));
    }

    [Fact]
    public void Every_setting_is_one_that_the_hub_knows() =>
        ImageFile
            .Environment.Keys.Where(name => !name.StartsWith("ASPNETCORE_", StringComparison.Ordinal))
            .Where(name => !HubSettings.IsKnown(name))
            .ShouldBeEmpty();

    [BicepFact]
    public void The_image_listens_on_the_ports_of_the_deployment()
    {
        var ingress = Deployment.Dev.Hub.At("properties.configuration.ingress");

        foreach (var setting in (string[])["ASPNETCORE_HTTP_PORTS", "Admin__Urls"])
        {
            ImageFile.Environment[setting].ShouldBe(Deployment.Dev.Environment[setting]);
        }

        ImageFile
            .One("EXPOSE")
            .ShouldBe(
                $"{ingress.At("targetPort").GetInt32()} {ingress.At("additionalPortMappings.0.targetPort").GetInt32()}"
            );
    }

    [Fact]
    public async Task The_health_check_runs_an_existing_command()
    {
        var probe = ImageFile.List(ImageFile.One("HEALTHCHECK"));

        probe[0].ShouldBe(Program);
        string[] unreachable = ["--url", "http://127.0.0.1:1"];
        (await RunAsync([.. probe[1..], .. unreachable])).ShouldBe(ExitCode.Failed, "the probe gets no response");
        (await RunAsync(["no-such-command", .. unreachable])).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void The_health_check_waits_longer_than_its_command_which_waits_longer_than_the_hub()
    {
        var limit = int.Parse(
            ImageFile
                .One("HEALTHCHECK")
                .Split(' ')
                .Single(word => word.StartsWith("--timeout=", StringComparison.Ordinal))["--timeout=".Length..]
                .TrimEnd('s'),
            CultureInfo.InvariantCulture
        );

        TimeSpan.FromSeconds(limit).ShouldBeGreaterThan(HealthCommand.ResponseTimeout);
        HealthCommand.ResponseTimeout.ShouldBeGreaterThan(DatabaseReadiness.Timeout);
    }

    [Fact]
    public void The_image_starts_the_published_program()
    {
        ImageFile.List(ImageFile.One("ENTRYPOINT")).ShouldBe([Program]);
        ImageFile.Final.ShouldContain(("COPY", "--from=build /app ."));
        Path.GetFileName(Program).ShouldBe(typeof(StorageOptions).Assembly.GetName().Name);
    }

    [Fact]
    public void The_image_states_its_version_its_revision_and_its_license()
    {
        var labels = Labels()
            .Matches(ImageFile.One("LABEL"))
            .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

        labels["version"].ShouldBe("$VERSION");
        labels["revision"].ShouldBe("$REVISION");
        labels["licenses"].ShouldBe("MIT");
        ImageFile.Final.ShouldContain(("ARG", "VERSION=0.0.0"));
        ImageFile.Final.ShouldContain(("ARG", "REVISION=unknown"));
    }

    [Fact]
    public void The_build_context_contains_only_listed_files()
    {
        var lines = RepositoryFiles
            .Read(".dockerignore")
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Where(line => !line.StartsWith('#'))
            .ToArray();

        lines[0].ShouldBe("*");
        lines.Where(line => line.StartsWith('!')).ShouldAllBe(line => !line.Contains("**", StringComparison.Ordinal));
        EmbeddedFromOutside().ShouldNotBeEmpty();
        EmbeddedFromOutside()
            .Where(path => !lines.Contains($"!{path}"))
            .ShouldBeEmpty("the build in the image reads it");
    }

    private static IEnumerable<string> EmbeddedFromOutside() =>
        System
            .Xml.Linq.XDocument.Parse(RepositoryFiles.Read("NotificationHub.csproj"))
            .Descendants("EmbeddedResource")
            .Select(resource => resource.Attribute("Include")!.Value)
            .Where(path => path.StartsWith("../../", StringComparison.Ordinal))
            .Select(path => path["../../".Length..]);

    [GeneratedRegex("@sha256:[0-9a-f]{64}$")]
    private static partial Regex Digest();

    [GeneratedRegex("org\\.opencontainers\\.image\\.(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Labels();

    private static Task<int> RunAsync(string[] args) =>
        HubCommandLine.RunAsync(args, TextWriter.Null, Stream.Null, TextWriter.Null);
}
