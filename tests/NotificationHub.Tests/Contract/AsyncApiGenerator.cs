using System.Text.Json.Nodes;
using NotificationHub.Events;
using NotificationHub.Tests.Infrastructure;

namespace NotificationHub.Tests.Contract;

/// <summary>Generates the AsyncAPI document of <c>docs/events</c> from <c>topics.json</c> and the schemas.</summary>
internal static class AsyncApiGenerator
{
    public const string Document = "asyncapi.json";

    private const string ContentType = "application/cloudevents+json";

    public static string Text() => SchemaGenerator.Text(Generate());

    private static JsonObject Generate()
    {
        var declared = JsonNode.Parse(BicepFiles.Read("topics.json"))!;
        var topics = declared["topics"]!.AsArray().Select(topic => topic!).ToList();
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "NotificationHub",
                ["version"] = "1.0.0",
                ["description"] =
                    "What changes in Apple's app and book libraries. Each topic of the Service Bus namespace is a channel; "
                    + "consumers receive from its subscriptions. GET /events returns the same events.",
            },
            ["defaultContentType"] = ContentType,
            ["channels"] = Named(topics, topic => Name(topic), topic => Channel(topic, declared["rules"]!)),
            ["operations"] = Named(topics, topic => $"publish-{Name(topic)}", Operation),
            ["components"] = new JsonObject
            {
                ["messages"] = Named(topics.SelectMany(EventsOf), name => name, Message),
                ["schemas"] = new JsonObject
                {
                    [SchemaGenerator.AnyEvent] = Embedded(SchemaGenerator.Event()),
                    ["properties"] = Properties(declared["properties"]!),
                },
            },
        };
    }

    private static JsonObject Channel(JsonNode topic, JsonNode rules) =>
        new()
        {
            ["address"] = Name(topic),
            ["description"] = $"The topic {Name(topic)}.",
            ["messages"] = Named(EventsOf(topic), name => name, name => Reference("components", "messages", name)),
            // AsyncAPI has no binding for the subscriptions of Service Bus.
            ["x-subscriptions"] = topic["subscriptions"]!.DeepClone(),
            ["x-subscription-rules"] = rules.DeepClone(),
        };

    private static JsonObject Operation(JsonNode topic) =>
        new()
        {
            ["action"] = "send",
            ["channel"] = Reference("channels", Name(topic)),
            ["messages"] = new JsonArray([
                .. EventsOf(topic).Select(name => Reference("channels", Name(topic), "messages", name)),
            ]),
        };

    private static JsonObject Message(string name) =>
        new()
        {
            ["name"] = EventTypes.Of(name),
            ["title"] = name,
            ["summary"] = SchemaGenerator.Summary(name),
            ["contentType"] = ContentType,
            ["headers"] = Reference("components", "schemas", "properties"),
            ["payload"] = new JsonObject
            {
                ["allOf"] = new JsonArray(
                    Reference("components", "schemas", SchemaGenerator.AnyEvent),
                    new JsonObject
                    {
                        ["properties"] = new JsonObject
                        {
                            ["type"] = new JsonObject { ["const"] = EventTypes.Of(name) },
                            ["dataschema"] = new JsonObject { ["const"] = EventTypes.SchemaOf(name) },
                            ["data"] = Embedded(SchemaGenerator.Data(name)),
                        },
                    }
                ),
            },
        };

    private static JsonObject Properties(JsonNode names) =>
        new()
        {
            ["description"] = "The application properties of a message, for the rules of subscriptions.",
            ["type"] = "object",
            ["properties"] = Named(
                names.AsArray().Select(name => (string)name!),
                name => name,
                _ => new JsonObject { ["type"] = "string" }
            ),
            ["required"] = new JsonArray("type", "audience"),
        };

    // AsyncAPI's own dialect has neither keyword in an embedded schema.
    private static JsonObject Embedded(JsonObject schema)
    {
        schema.Remove("$schema");
        schema.Remove("$id");
        return schema;
    }

    private static JsonObject Named<T>(IEnumerable<T> items, Func<T, string> name, Func<T, JsonObject> value) =>
        new(items.Select(item => KeyValuePair.Create(name(item), (JsonNode?)value(item))));

    private static JsonObject Reference(params string[] path) => new() { ["$ref"] = $"#/{string.Join('/', path)}" };

    private static string Name(JsonNode topic) => (string)topic["name"]!;

    private static IEnumerable<string> EventsOf(JsonNode topic) =>
        topic["events"]!.AsArray().Select(name => (string)name!);
}
