using System.Collections.Concurrent;
using System.Text.Json;
using Json.Schema;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

/// <summary>Validates events against the schemas of <c>docs/events</c>.</summary>
internal static class EventContract
{
    private static readonly ConcurrentDictionary<string, Lazy<JsonSchema>> Schemas = new(StringComparer.Ordinal);

    private static readonly EvaluationOptions Quick = new() { RequireFormatValidation = true };

    private static readonly EvaluationOptions Detailed = new()
    {
        RequireFormatValidation = true,
        OutputFormat = OutputFormat.List,
    };

    /// <summary>How an event in JSON violates the contract; empty if it does not.</summary>
    public static IReadOnlyList<string> Violations(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var attributes = document.RootElement;
        if (Errors(SchemaGenerator.AnyEvent, attributes) is { Count: > 0 } errors)
        {
            return errors;
        }

        var name = EventTypes.NameOf(attributes.GetProperty("type").GetString()!)!;
        return attributes.GetProperty("dataschema").GetString() != EventTypes.SchemaOf(name)
                ? ["dataschema names another type"]
            // A claim check has no data.
            : attributes.TryGetProperty("data", out var data) ? Errors(name, data)
            : attributes.TryGetProperty("dataref", out _) ? []
            : ["data is missing"];
    }

    public static void ShouldFulfillTheContract(this ReadOnlyMemory<byte> json) => Violations(json).ShouldBeEmpty();

    private static IReadOnlyList<string> Errors(string schemaName, JsonElement value)
    {
        // The validator accepts each schema only once.
        var schema = Schemas
            .GetOrAdd(
                schemaName,
                name => new Lazy<JsonSchema>(() => JsonSchema.FromText(EventFiles.Read($"{name}.schema.json")))
            )
            .Value;
        return schema.Evaluate(value, Quick).IsValid
            ? []
            :
            [
                .. (schema.Evaluate(value, Detailed).Details ?? [])
                    .Where(detail => detail.Errors is not null)
                    .SelectMany(detail => detail.Errors!.Select(error => $"{detail.InstanceLocation}: {error.Value}")),
            ];
    }
}
