using Microsoft.AspNetCore.Http.HttpResults;
using NotificationHub.Events;

namespace NotificationHub.Feed;

/// <summary>
/// <c>GET /schemas/{type}</c>: the JSON Schema of the data of an event type, or of every event for <c>event</c>.
/// <c>GET /asyncapi.json</c>: all topics, subscriptions and messages.
/// </summary>
internal static class SchemaEndpoints
{
    private const string MediaType = "application/schema+json";

    public static void MapSchemas(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/schemas/{type}", Find);
        routes.MapGet("/asyncapi.json", () => TypedResults.Stream(Open("asyncapi.json")!, "application/json"));
    }

    private static Results<NotFound, FileStreamHttpResult> Find(string type) =>
        Open($"{EventTypes.NameOf(type) ?? type}.schema.json") is { } schema
            ? TypedResults.Stream(schema, MediaType)
            : TypedResults.NotFound();

    // The documents of docs/events, which are generated from the Events library.
    private static Stream? Open(string document) =>
        typeof(SchemaEndpoints).Assembly.GetManifestResourceStream($"events/{document}");
}
