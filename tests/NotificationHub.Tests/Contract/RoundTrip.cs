using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

/// <summary>Reads an event with the Events library and writes it again.</summary>
internal static class RoundTrip
{
    private static readonly ConcurrentDictionary<string, JsonObject> Schemas = new(StringComparer.Ordinal);

    /// <summary>The event has the data type of its type, and every member of the contract keeps its value.</summary>
    public static void ShouldRoundTrip(ReadOnlyMemory<byte> json)
    {
        var written = JsonNode.Parse(json.Span)!.AsObject();

        var read = EventReader.Read(json.Span);

        read.GetType().ShouldBe(EventReader.Find(read.Type).ShouldNotBeNull(read.Type).Type);
        var again = JsonSerializer.SerializeToNode(read, read.GetType(), EventJsonContext.Wire)!.AsObject();
        JsonNode
            .DeepEquals(Known(again, SchemaOf(again)), Known(written, SchemaOf(written)))
            .ShouldBeTrue($"{read.Type}\n{written}\n{again}");
    }

    /// <summary>The members that the contract does not have, by their paths.</summary>
    public static IEnumerable<string> UnknownMembers(ReadOnlyMemory<byte> json)
    {
        var written = JsonNode.Parse(json.Span)!.AsObject();
        return UnknownMembers(written, SchemaOf(written), "");
    }

    private static JsonObject SchemaOf(JsonObject json) =>
        Schemas.GetOrAdd(
            EventTypes.NameOf((string)json["type"]!)!,
            name =>
            {
                var schema = SchemaGenerator.Event();
                schema["properties"]!["data"] = SchemaGenerator.Data(name);
                return schema;
            }
        );

    // Without unknown members and nulls. Apple's IDs are text or numbers, and times have several forms.
    private static JsonNode? Known(JsonNode? value, JsonNode? schema)
    {
        switch (value)
        {
            case JsonObject json when Keyword(schema, "properties") is JsonObject members:
                return new JsonObject(
                    json.Where(member => member.Value is not null && members.ContainsKey(member.Key))
                        .OrderBy(member => member.Key, StringComparer.Ordinal)
                        .Select(member => KeyValuePair.Create(member.Key, Known(member.Value, members[member.Key])))
                );
            case JsonArray list when Keyword(schema, "items") is { } items:
                return new JsonArray([.. list.Select(item => Known(item, items))]);
            case JsonValue leaf when (string?)Keyword(schema, "format") == "date-time":
                return DateTimeOffset
                    .Parse((string)leaf!, CultureInfo.InvariantCulture)
                    .ToUniversalTime()
                    .ToString("O", CultureInfo.InvariantCulture);
            case JsonValue leaf
                when Keyword(schema, "type") is JsonArray types && types.Any(type => (string)type! == "integer"):
                return leaf.ToString();
            default:
                return value?.DeepClone();
        }
    }

    private static JsonNode? Keyword(JsonNode? schema, string name) => schema is null ? null : schema[name];

    private static IEnumerable<string> UnknownMembers(JsonNode? value, JsonNode? schema, string path) =>
        value switch
        {
            JsonObject json when Keyword(schema, "properties") is JsonObject members => json.SelectMany(member =>
                members.TryGetPropertyValue(member.Key, out var known)
                    ? UnknownMembers(member.Value, known, $"{path}/{member.Key}")
                    : [$"{path}/{member.Key}"]
            ),
            JsonArray list when Keyword(schema, "items") is { } items => list.SelectMany(
                (item, index) => UnknownMembers(item, items, $"{path}/{index}")
            ),
            _ => [],
        };
}
