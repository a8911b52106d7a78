using System.Text.RegularExpressions;

namespace NotificationHub.Tests.Infrastructure;

public sealed partial class ModuleTests
{
    [Fact]
    public void Every_file_is_used() =>
        BicepFiles
            .Templates.SelectMany(path =>
                ModulePath()
                    .Matches(BicepFiles.Read(path))
                    .Select(match => Path.Combine(Path.GetDirectoryName(path)!, match.Groups["path"].Value))
            )
            .Append("main.bicep")
            .Distinct()
            .ShouldBe(BicepFiles.Templates, ignoreOrder: true);

    [BicepFact]
    public void Every_output_of_a_module_is_used()
    {
        var used = Deployment
            .Main.Texts()
            .SelectMany(text => ModuleOutput().Matches(text))
            .Select(match => $"{match.Groups["module"].Value}.{match.Groups["output"].Value}");
        var modules = Deployment
            .Main.At("resources")
            .EnumerateObject()
            .Where(resource => resource.Value.Text("type") == "Microsoft.Resources/deployments");
        var declared = modules.SelectMany(module =>
            module.Value.Find("properties.template.outputs") is { } outputs
                ? outputs.EnumerateObject().Select(output => $"{module.Name}.{output.Name}")
                : []
        );

        used.Distinct().ShouldBe(declared, ignoreOrder: true);
    }

    [Fact]
    public void Every_resource_type_has_one_stable_API_version()
    {
        var types = BicepFiles
            .Templates.SelectMany(path => ResourceType().Matches(BicepFiles.Read(path)))
            .Select(match => match.Groups["type"].Value)
            .Distinct()
            .ToArray();

        types.ShouldNotBeEmpty();
        // The only stable version of this type is of 2016.
        types
            .Where(type => !PinnedVersion().IsMatch(type))
            .ShouldBe(["Microsoft.Insights/diagnosticSettings@2021-05-01-preview"]);
        types.Select(type => type.Split('@')[0]).ShouldBeUnique();
    }

    [BicepFact]
    public void The_outputs_are_the_values_that_operators_need() =>
        Deployment
            .Main.At("outputs")
            .EnumerateObject()
            .Select(output => output.Name)
            .ShouldBe(
                [
                    "publicUrl",
                    "consoleUrl",
                    "defaultHost",
                    "domainVerificationId",
                    "identityName",
                    "sqlServerHost",
                    "databaseName",
                    "serviceBusHost",
                    "keyRingCertificate",
                ],
                ignoreOrder: true
            );

    [GeneratedRegex(@"^module \w+ '(?<path>[^']+)'", RegexOptions.Multiline)]
    private static partial Regex ModulePath();

    [GeneratedRegex(@"reference\('(?<module>\w+)'\)\.outputs\.(?<output>\w+)\.value")]
    private static partial Regex ModuleOutput();

    [GeneratedRegex(@"^resource \w+ '(?<type>[^']+)'", RegexOptions.Multiline)]
    private static partial Regex ResourceType();

    [GeneratedRegex(@"^Microsoft\.[A-Za-z]+(/[A-Za-z]+)+@20\d\d-\d\d-\d\d$", RegexOptions.ExplicitCapture)]
    private static partial Regex PinnedVersion();
}
