using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using NotificationHub.Events;

namespace NotificationHub.Tests.Contract;

/// <summary>Generates the JSON Schemas of <c>docs/events</c> from the records of the Events library.</summary>
internal static partial class SchemaGenerator
{
    /// <summary>The name of the schema of the whole event, whatever its type.</summary>
    public const string AnyEvent = "event";

    private const string Dialect = "https://json-schema.org/draft/2020-12/schema";

    private static readonly JsonSerializerOptions Wire = EventJsonContext.Wire.Options;

    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSchemaExporterOptions Exporter = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = Transform,
    };

    /// <summary>The constants of <see cref="EventNames"/> by value.</summary>
    public static IReadOnlyDictionary<string, FieldInfo> Names { get; } =
        typeof(EventNames)
            .GetFields(BindingFlags.Public | BindingFlags.Static)
            .ToDictionary(constant => (string)constant.GetValue(null)!, StringComparer.Ordinal);

    /// <summary>The schema of the data of a type.</summary>
    public static JsonObject Data(string name) =>
        Document(EventTypes.SchemaOf(name), name, Summary(name), DataTypeOf(name));

    /// <summary>The schema of the attributes; the data depend on the type.</summary>
    public static JsonObject Event() =>
        Document(
            EventTypes.SchemaOf(AnyEvent),
            AnyEvent,
            "An event of any type, in the CloudEvents 1.0 JSON format. The data have the schema that `dataschema` names.",
            typeof(CloudEvent<JsonElement>)
        );

    public static Type DataTypeOf(string name) =>
        EventReader.Find(EventTypes.Of(name)).ShouldNotBeNull(name).Type.GenericTypeArguments.Single();

    /// <summary>What an event means, without its topic.</summary>
    public static string Summary(string name) => Topic().Replace(XmlSummaries.Of(Names[name])!, "");

    public static string Text(JsonNode document) => document.ToJsonString(Format) + "\n";

    private static JsonObject Document(string id, string title, string description, Type type)
    {
        var schema = Wire.GetTypeInfo(type).GetJsonSchemaAsNode(Exporter).AsObject();
        Inline(schema, schema);
        schema.Remove("description");
        schema.Insert(0, "$schema", Dialect);
        schema.Insert(1, "$id", id);
        schema.Insert(2, "title", title);
        schema.Insert(3, "description", description);
        return schema;
    }

    private static JsonNode Transform(JsonSchemaExporterContext context, JsonNode node)
    {
        var property = context.PropertyInfo?.AttributeProvider as PropertyInfo;
        var schema = node as JsonObject ?? [];
        if (property?.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType is not null && schema.Count == 0)
        {
            // Apple writes its IDs as text or as a number.
            schema["type"] = context.PropertyInfo!.IsGetNullable
                ? new JsonArray("string", "integer", "null")
                : new JsonArray("string", "integer");
        }
        else if (schema.ContainsKey("enum"))
        {
            schema.Insert(0, "type", "string");
        }
        else if (context.TypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            Require(schema, context.TypeInfo.Properties.Where(IsAlwaysWritten).Select(one => one.Name));
        }

        if ((property is null ? XmlSummaries.Of(context.TypeInfo.Type) : XmlSummaries.Of(property)) is { } description)
        {
            schema.Insert(0, "description", description);
        }

        return schema.Count == 0 ? node : schema;
    }

    private static bool IsAlwaysWritten(JsonPropertyInfo member) =>
        member.AttributeProvider is PropertyInfo property
        && (
            property.GetCustomAttribute<JsonIgnoreAttribute>() is { Condition: JsonIgnoreCondition.Never }
            || property.Name == nameof(CloudEvent.SpecVersion)
        );

    private static void Require(JsonObject schema, IEnumerable<string> members)
    {
        var required = schema["required"]?.AsArray() ?? [];
        foreach (var member in members)
        {
            required.Add(member);
        }

        if (required.Count > 0)
        {
            schema["required"] = required.Parent is null ? required : required.DeepClone();
        }
    }

    // The exporter refers to an earlier place of the same type. A schema without references can be part of another document.
    private static void Inline(JsonNode? node, JsonObject root)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                Inline(item, root);
            }
        }
        else if (node is JsonObject schema)
        {
            if (schema["$ref"]?.GetValue<string>() is { } pointer)
            {
                schema.Remove("$ref");
                foreach (var (name, value) in Resolve(pointer, root))
                {
                    schema.TryAdd(name, value?.DeepClone());
                }
            }

            foreach (var (_, value) in schema)
            {
                Inline(value, root);
            }
        }
    }

    private static JsonObject Resolve(string pointer, JsonObject root) =>
        pointer
            .TrimStart('#', '/')
            .Split('/', StringSplitOptions.RemoveEmptyEntries)
            .Aggregate((JsonNode)root, (node, name) => node[name]!)
            .AsObject();

    [GeneratedRegex(" Topic `[a-z]+`\\.$")]
    private static partial Regex Topic();
}
