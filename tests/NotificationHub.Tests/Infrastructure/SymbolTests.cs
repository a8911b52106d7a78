using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>What a compiler would say of names, since none can be had everywhere the tests run.</summary>
public sealed class SymbolTests
{
    private static readonly BicepDeclarationKind[] Named =
    [
        BicepDeclarationKind.Param,
        BicepDeclarationKind.Var,
        BicepDeclarationKind.Resource,
        BicepDeclarationKind.Module,
    ];

    // A function that is not here is misspelt, or new: then look it up, and add it.
    private static readonly string[] Functions =
    [
        .. (string[])
            ["concat", "contains", "empty", "flatten", "indexOf", "items", "json", "length", "map", "mapValues"],
        .. (string[])["range", "replace", "split", "string", "take", "guid", "uniqueString", "cidrSubnet"],
        .. (string[])["environment", "resourceGroup", "tenant", "subscriptionResourceId"],
        .. (string[])["loadJsonContent", "loadTextContent"],
        .. (string[])["allowed", "batchSize", "description", "maxLength", "minLength", "minValue"],
    ];

    public static TheoryData<string> Templates => [.. BicepFolder.Templates.Select(file => file.Path)];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Every_name_is_declared_once(string path)
    {
        var file = BicepFolder.Template(path);
        string[] declared = [.. Declared(file).Select(declaration => declaration.Name)];

        declared.ShouldBeUnique();
        Referred(file).Except(declared).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void Nothing_is_declared_for_nothing(string path)
    {
        var file = BicepFolder.Template(path);
        Declared(file)
            .Where(declaration =>
                declaration.Kind is BicepDeclarationKind.Param or BicepDeclarationKind.Var || declaration.IsExisting
            )
            .Select(declaration => declaration.Name)
            .Except(Referred(file))
            .ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Templates))]
    public void Only_functions_that_Bicep_has_are_called(string path) =>
        BicepFolder
            .Template(path)
            .Expressions()
            .OfType<CallExpression>()
            .Select(call => call.Function)
            .Except(Functions)
            .ShouldBeEmpty();

    [Fact]
    public void Every_loaded_file_is_there_and_its_members_are_known()
    {
        foreach (var file in BicepFolder.Templates)
        {
            foreach (var (name, json) in JsonOf(file))
            {
                MembersOf(file, name).ShouldNotBeEmpty();
                MembersOf(file, name).Where(member => !json.TryGetProperty(member, out _)).ShouldBeEmpty();
            }

            foreach (var call in file.Expressions().OfType<CallExpression>().Where(IsLoadingText))
            {
                BicepFolder.Read(BicepFolder.Resolve(file, call.Arguments[0].Text!)).ShouldNotBeEmpty();
            }
        }
    }

    [Fact]
    public void Every_metric_of_the_list_has_an_alert() =>
        BicepFolder
            .Json("metrics.json")
            .EnumerateObject()
            .Select(metric => metric.Name)
            .ShouldBe(MembersOf(BicepFolder.Module("alerts"), "metrics").Distinct(), ignoreOrder: true);

    private static IEnumerable<(string Name, System.Text.Json.JsonElement Json)> JsonOf(BicepFile file) =>
        from variable in file.Of(BicepDeclarationKind.Var)
        let call = variable.Value as CallExpression
        where call is { Function: "loadJsonContent" }
        select (variable.Name, BicepFolder.Json(BicepFolder.Resolve(file, call.Arguments[0].Text!)));

    private static IEnumerable<string> MembersOf(BicepFile file, string variable) =>
        file.Expressions()
            .OfType<MemberExpression>()
            .Where(member => member.Target is NameExpression name && name.Name == variable)
            .Select(member => member.Member);

    private static bool IsLoadingText(CallExpression call) => call.Function == "loadTextContent";

    private static IEnumerable<BicepDeclaration> Declared(BicepFile file) =>
        file.Declarations.Where(declaration => Named.Contains(declaration.Kind));

    private static IEnumerable<string> Referred(BicepFile file) =>
        file
            .Declarations.Select(declaration => declaration.Value)
            .OfType<BicepExpression>()
            .SelectMany(BicepNames.Free);
}
