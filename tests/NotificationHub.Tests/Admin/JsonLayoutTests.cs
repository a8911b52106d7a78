using System.Text;
using NotificationHub.Admin;

namespace NotificationHub.Tests.Admin;

public sealed class JsonLayoutTests
{
    [Fact]
    public void JSON_is_indented_and_otherwise_unchanged() =>
        Indent("""{"a":[1.0,2e5,{}],"b":"\u0041\/: ","b":null,"c":[],"d":{"e":true}}""")
            .ShouldBe(
                """
                {
                  "a": [
                    1.0,
                    2e5,
                    {}
                  ],
                  "b": "\u0041\/: ",
                  "b": null,
                  "c": [],
                  "d": {
                    "e": true
                  }
                }
                """.ReplaceLineEndings("\n")
            );

    [Theory]
    [InlineData("{}", "{}")]
    [InlineData(" 12 ", "12")]
    [InlineData("{", null)]
    [InlineData("text", null)]
    public void Only_JSON_is_indented(string text, string? expected) => Indent(text).ShouldBe(expected);

    [Fact]
    public void Members_are_compared_by_path() =>
        RecordDifferences
            .Read(
                """{"before":{"a":1,"b":{"c":"x","d":[1]},"e":true},"after":{"a":1,"b":{"c":"y","d":[1]},"f":null}}"""u8.ToArray()
            )
            .ShouldBe([
                new MemberDifference("a", "1", "1"),
                new MemberDifference("b.c", "\"x\"", "\"y\""),
                new MemberDifference("b.d", "[1]", "[1]"),
                new MemberDifference("e", "true", null),
                new MemberDifference("f", null, "null"),
            ]);

    [Fact]
    public void A_new_record_has_only_added_members() =>
        RecordDifferences
            .Read("""{"before":null,"after":{"a":1}}"""u8.ToArray())
            .ShouldHaveSingleItem()
            .Kind.ShouldBe(DifferenceKind.Added);

    private static string? Indent(string json) => JsonLayout.Indent(Encoding.UTF8.GetBytes(json));
}
