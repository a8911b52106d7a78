using Microsoft.Data.Sqlite;
using NotificationHub.CommandLine;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>What can be seen of the image without building it.</summary>
public sealed class ImageTests
{
    private const string Program = "/app/NotificationHub";

    [Fact]
    public void Its_bases_are_of_the_runtime_that_the_hub_is_built_for()
    {
        var version = $"{Environment.Version.Major}.{Environment.Version.Minor}";

        ImageFile.Bases.ShouldAllBe(image =>
            image.Split(':', 2)[1].StartsWith($"{version}-", StringComparison.Ordinal)
        );
        ImageFile
            .Final[0]
            .Text.ShouldBe(
                $"mcr.microsoft.com/dotnet/aspnet:{version}-noble-chiseled-extra",
                "no shell, and ICU, without which SqlClient does not work"
            );
    }

    [Fact]
    public void It_runs_as_nobody_in_particular()
    {
        // What the base image calls its own user, by number: orchestrators that demand a non-root user want a number.
        ImageFile.Final.Last(instruction => instruction.Word == "USER").Text.ShouldBe("$APP_UID");
        ImageFile.Final.ShouldNotContain(instruction => instruction.Word == "RUN", "there is no shell to run it");
    }

    [Fact]
    public void All_that_it_writes_lies_in_its_volume()
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
    public void It_listens_where_the_deployment_looks_for_it()
    {
        var port = Deployment.Dev.Hub.At("properties.configuration.ingress.targetPort").GetInt32();

        ImageFile.Environment["ASPNETCORE_HTTP_PORTS"].ShouldBe($"{port}");
        ImageFile.One("EXPOSE").ShouldBe($"{port}");
    }

    [Fact]
    public async Task It_is_probed_by_a_command_that_there_is()
    {
        var probe = ImageFile.List(ImageFile.One("HEALTHCHECK"));

        probe[0].ShouldBe(Program);
        string[] nobody = ["--url", "http://127.0.0.1:1"];
        (await RunAsync([.. probe[1..], .. nobody])).ShouldBe(ExitCode.Failed, "it asks, and nobody answers");
        (await RunAsync(["no-such-command", .. nobody])).ShouldBe(ExitCode.Usage);
    }

    [Fact]
    public void It_starts_the_program_that_is_published()
    {
        ImageFile.List(ImageFile.One("ENTRYPOINT")).ShouldBe([Program]);
        ImageFile.Final.ShouldContain(("COPY", "--from=build /app ."));
        Path.GetFileName(Program).ShouldBe(typeof(StorageOptions).Assembly.GetName().Name);
    }

    [Fact]
    public void Nothing_gets_into_it_that_is_not_let_in_by_name()
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

    private static Task<int> RunAsync(string[] args) =>
        HubCommandLine.RunAsync(args, TextWriter.Null, Stream.Null, TextWriter.Null);
}
