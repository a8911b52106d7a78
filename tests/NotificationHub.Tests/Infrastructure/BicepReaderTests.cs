using NotificationHub.Tests.Infrastructure.Bicep;

namespace NotificationHub.Tests.Infrastructure;

public sealed class BicepReaderTests
{
    [Theory]
    [InlineData("param a")]
    [InlineData("parm a string")]
    [InlineData("param a string = ")]
    [InlineData("var a = 'b")]
    [InlineData("var a = '${b'")]
    [InlineData("var a = '${b c}'")]
    [InlineData("var a = [1 2]")]
    [InlineData("var a = { b: 1 c: 2 }")]
    [InlineData("var a = { b: 1, b: 2 }")]
    [InlineData("var a = b(1 2)")]
    [InlineData("var a = (1")]
    [InlineData("var a = 1 var b = 2")]
    [InlineData("var a = b ? 1")]
    [InlineData("var a = [for b of c: b]")]
    [InlineData("resource a = {}")]
    [InlineData("resource a 'b@1' = {")]
    [InlineData("module a 'b.bicep' = if true {}")]
    [InlineData("output a = 1")]
    [InlineData("@description 'a'\nparam a string")]
    public void A_text_that_is_not_Bicep_is_refused(string text) =>
        Should.Throw<InvalidDataException>(() => BicepFile.Parse("a.bicep", text));

    [Fact]
    public void A_file_is_read_as_it_is_meant()
    {
        var file = BicepFile.Parse(
            "a.bicep",
            """
            // A comment
            @minValue(2)
            param count int
            param names string[] = ['a', 'b']
            resource things 'Some.Thing/things@2020-01-01' = [for name in names: if (count > 2 && !empty(name)) {
              name: 'x-${name}-${toLower('Y')}'
              list: map(names, other => '${other}${name}')
            }]
            output first string = count > 2 ? things[0]!.id : ''
            """
        );

        file[BicepDeclarationKind.Param, "count"].Decorators.Single().Function.ShouldBe("minValue");
        file[BicepDeclarationKind.Param, "names"].Type.ShouldBe("string[]");
        var things = file[BicepDeclarationKind.Resource, "things"];
        things.ResourceType.ShouldBe("Some.Thing/things");
        BicepNames.Free(things.Value!).ShouldBe(["names", "count", "names"], ignoreOrder: true);
        things.Body.Members.Select(member => member.Name).ShouldBe(["name", "list"]);
    }

    [Fact]
    public void An_expression_is_worked_out()
    {
        var file = BicepFile.Parse(
            "a.bicep",
            "var a = flatten(map(range(0, 2), i => map(items(b), e => '${e.key}${replace(e.value, 'x', c[i].d)}')))\n"
                + "var b = { q: 'x!', p: 'y' }\n"
                + "var c = [{ d: 'one' }, { d: 'two' }]"
        );

        new BicepEvaluator(file, new Dictionary<string, object?>())
            .Variable("a")
            .ShouldBeOfType<object?[]>()
            .ShouldBe(["py", "qone!", "py", "qtwo!"]);
    }
}
