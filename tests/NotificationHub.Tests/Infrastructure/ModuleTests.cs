using System.Text.RegularExpressions;
using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

public sealed partial class ModuleTests
{
    [Fact]
    public void Every_module_is_there_and_every_file_is_used() =>
        Uses()
            .Select(use => use.Path)
            .Distinct()
            .ShouldBe(
                BicepFolder.Templates.Select(file => file.Path).Where(path => path != BicepFolder.MainPath),
                ignoreOrder: true
            );

    [Fact]
    public void Every_module_is_given_its_parameters_and_no_other()
    {
        foreach (var (file, module, path) in Uses())
        {
            var given = ((ObjectExpression)module.Body["params"]).Members.Select(member => member.Name!).ToArray();
            var parameters = BicepFolder.Template(path).Of(BicepDeclarationKind.Param).ToArray();
            var place = $"{file.Path}: {module.Name}";

            given.Except(parameters.Select(parameter => parameter.Name)).ShouldBeEmpty(place);
            parameters
                .Where(parameter => parameter.Value is null)
                .Select(parameter => parameter.Name)
                .Except(given)
                .ShouldBeEmpty(place);
        }
    }

    [Fact]
    public void Every_output_that_is_asked_for_is_there_and_every_one_that_is_there_is_asked_for()
    {
        var asked = Uses()
            .SelectMany(use =>
                BicepNames
                    .Outputs(use.File)
                    .Where(output => output.Module == use.Module.Name)
                    .Select(output => $"{use.Path}: {output.Output}")
            );
        var there = BicepFolder
            .Templates.Where(file => file.Path != BicepFolder.MainPath)
            .SelectMany(file => file.Of(BicepDeclarationKind.Output).Select(output => $"{file.Path}: {output.Name}"));

        asked.Distinct().ShouldBe(there, ignoreOrder: true);
    }

    [Fact]
    public void Every_type_of_resource_has_one_version_that_is_no_preview()
    {
        var types = BicepFolder.Resources().Select(resource => resource.Resource.Type).Distinct().ToArray();

        types.Where(type => !PinnedVersion().IsMatch(type)).ShouldBeEmpty();
        types.Select(type => type.Split('@')[0]).ShouldBeUnique();
    }

    [Fact]
    public void What_the_operator_is_told_comes_from_the_modules() =>
        BicepFolder
            .Main.Of(BicepDeclarationKind.Output)
            .Select(output => output.Name)
            .ShouldBe(
                ["publicUrl", "identityName", "sqlServerHost", "databaseName", "serviceBusHost", "keyRingKeyUri"],
                ignoreOrder: true
            );

    private static IEnumerable<(BicepFile File, BicepDeclaration Module, string Path)> Uses() =>
        BicepFolder.Templates.SelectMany(file =>
            file.Of(BicepDeclarationKind.Module)
                .Select(module => (file, module, BicepFolder.Resolve(file, module.Type)))
        );

    [GeneratedRegex(@"^Microsoft\.[A-Za-z]+(/[A-Za-z]+)+@20\d\d-\d\d-\d\d$", RegexOptions.ExplicitCapture)]
    private static partial Regex PinnedVersion();
}
