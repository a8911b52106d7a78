using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

public sealed class ParameterFileTests
{
    public static TheoryData<string> Files => [.. BicepFolder.ParameterFiles.Select(file => file.Path)];

    [Fact]
    public void There_is_one_for_development_and_one_for_production() =>
        BicepFolder.ParameterFiles.Select(file => file.Path).ShouldBe(["dev.bicepparam", "prod.bicepparam"]);

    [Theory]
    [MemberData(nameof(Files))]
    public void It_gives_what_must_be_given_and_nothing_unknown(string path)
    {
        var file = File(path);
        var given = file.Of(BicepDeclarationKind.Param).Select(parameter => parameter.Name).ToArray();
        var parameters = BicepFolder.Main.Of(BicepDeclarationKind.Param).ToArray();

        BicepFolder.Resolve(file, file.Of(BicepDeclarationKind.Using).Single().Type).ShouldBe(BicepFolder.MainPath);
        given.ShouldBeUnique();
        given.Except(parameters.Select(parameter => parameter.Name)).ShouldBeEmpty();
        parameters
            .Where(parameter => parameter.Value is null)
            .Select(parameter => parameter.Name)
            .Except(given)
            .ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_value_is_one_that_the_parameter_takes(string path)
    {
        foreach (var given in File(path).Of(BicepDeclarationKind.Param))
        {
            var parameter = BicepFolder.Main[BicepDeclarationKind.Param, given.Name];
            if (given.Value is CallExpression)
            {
                parameter.Type.ShouldBe("string", given.Name);
                continue;
            }

            TypeOf(given.Value!).ShouldBe(parameter.Type, given.Name);
            foreach (var decorator in parameter.Decorators)
            {
                Judge(decorator, given.Value!).ShouldBeTrue($"{given.Name}: {decorator.Function}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void What_it_takes_from_the_environment_is_told_in_the_README(string path)
    {
        var calls = File(path).Expressions().OfType<CallExpression>().ToArray();

        calls.ShouldAllBe(call => call.Function == "readEnvironmentVariable");
        calls
            .Select(call => call.Arguments[0].Text!)
            .Where(name => !BicepFolder.Read("README.md").Contains($"{name}=", StringComparison.Ordinal))
            .ShouldBeEmpty();
    }

    private static BicepFile File(string path) => BicepFolder.ParameterFiles.Single(file => file.Path == path);

    private static string TypeOf(BicepExpression value) =>
        value switch
        {
            TextExpression => "string",
            ConstantExpression { Value: long } => "int",
            ConstantExpression { Value: bool } => "bool",
            ArrayExpression => "string[]",
            ObjectExpression => "object",
            _ => value.GetType().Name,
        };

    private static bool Judge(CallExpression decorator, BicepExpression value) =>
        decorator.Function switch
        {
            "allowed" => ((ArrayExpression)decorator.Arguments[0]).Items.Any(allowed => allowed.Text == value.Text),
            "minValue" => (long)((ConstantExpression)value).Value! >= NumberOf(decorator),
            "minLength" => value.Text!.Length >= NumberOf(decorator),
            "maxLength" => value.Text!.Length <= NumberOf(decorator),
            "description" => true,
            _ => throw new NotSupportedException($"'{decorator.Function}' is not judged here."),
        };

    private static long NumberOf(CallExpression decorator) => (long)((ConstantExpression)decorator.Arguments[0]).Value!;
}
