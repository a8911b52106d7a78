using System.Text.Json.Nodes;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Contract;

public sealed class AsyncApiTests
{
    private readonly JsonNode document = JsonNode.Parse(EventFiles.Read(AsyncApiGenerator.Document))!;

    [Fact]
    public void Every_reference_resolves()
    {
        var references = References(document).ToList();

        references.ShouldNotBeEmpty();
        references
            .Where(reference =>
                reference[2..].Split('/').Aggregate((JsonNode?)document, (node, name) => node?[name]) is null
            )
            .ShouldBeEmpty();
    }

    [Fact]
    public void Every_type_is_a_message_of_its_topic_and_of_no_other()
    {
        var channels = document["channels"]!.AsObject();

        channels.Select(channel => channel.Key).ShouldBe(TopicMap.Topics, ignoreOrder: true);
        foreach (var name in SchemaGenerator.Names.Keys)
        {
            channels
                .Where(channel => channel.Value!["messages"]![name] is not null)
                .ShouldHaveSingleItem()
                .Key.ShouldBe(TopicMap.TopicOf(name));
        }
    }

    private static IEnumerable<string> References(JsonNode? node) =>
        node switch
        {
            JsonObject json when json["$ref"] is { } reference => [(string)reference!],
            JsonObject json => json.SelectMany(member => References(member.Value)),
            JsonArray list => list.SelectMany(References),
            _ => [],
        };
}
