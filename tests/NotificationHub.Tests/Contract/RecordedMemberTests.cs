using System.Text.Json.Nodes;

namespace NotificationHub.Tests.Contract;

/// <summary>
/// The released members of every type: their paths, JSON types and values, and whether they are required. None may
/// change. Add new members after a release.
/// </summary>
public sealed class RecordedMemberTests
{
    /// <summary>Set to 1 to add the current members to the recorded ones.</summary>
    private const string Variable = "RECORD_MEMBERS";

    private static readonly string Recorded = Path.Combine(
        EventFiles.Root,
        "tests/NotificationHub.Tests/Contract/RecordedMembers.txt"
    );

    [Fact]
    public async Task No_released_member_has_changed()
    {
        string[] current =
        [
            .. SchemaGenerator.Names.Keys.SelectMany(name => Members(SchemaGenerator.Data(name), name)),
            .. Members(SchemaGenerator.Event(), SchemaGenerator.AnyEvent),
        ];
        if (Environment.GetEnvironmentVariable(Variable) == "1")
        {
            string[] released = File.Exists(Recorded) ? await File.ReadAllLinesAsync(Recorded) : [];
            await File.WriteAllLinesAsync(Recorded, released.Union(current).Order(StringComparer.Ordinal));
        }

        var recorded = await File.ReadAllLinesAsync(Recorded);

        recorded.Length.ShouldBeGreaterThan(SchemaGenerator.Names.Count);
        recorded.Except(current).ShouldBeEmpty("a changed member needs a new type, such as asset.changed.v2");
    }

    private static IEnumerable<string> Members(JsonNode schema, string path)
    {
        if (schema["items"] is { } items)
        {
            return Members(items, $"{path}[]").Prepend($"{path}[] {Shape(items)}");
        }

        var required =
            schema["required"]?.AsArray().Select(name => (string)name!).ToHashSet(StringComparer.Ordinal) ?? [];
        return schema["properties"] is JsonObject members
            ? members.SelectMany(member =>
                Members(member.Value!, $"{path}/{member.Key}")
                    .Prepend(
                        $"{path}/{member.Key} {Shape(member.Value!)}{(required.Contains(member.Key) ? " required" : "")}"
                    )
            )
            : [];
    }

    private static string Shape(JsonNode schema) =>
        string.Join(
            ' ',
            new[] { schema["type"], schema["format"], schema["enum"], schema["additionalProperties"]?["type"] }
                .OfType<JsonNode>()
                .Select(keyword => keyword is JsonArray list ? string.Join('|', list) : keyword.ToString())
                .DefaultIfEmpty("any")
        );
}
