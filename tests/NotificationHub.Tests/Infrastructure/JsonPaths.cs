using System.Globalization;
using System.Text.Json;

namespace NotificationHub.Tests.Infrastructure;

/// <summary>Values of a JSON document by paths of names and indexes, such as <c>containers.0.name</c>.</summary>
internal static class JsonPaths
{
    public static JsonElement At(this JsonElement element, string path) =>
        element.Find(path) ?? throw new KeyNotFoundException($"There is no '{path}' in {element}.");

    public static JsonElement? Find(this JsonElement element, string path)
    {
        foreach (var part in path.Split('.'))
        {
            if (
                element.ValueKind == JsonValueKind.Array
                && int.TryParse(part, CultureInfo.InvariantCulture, out var index)
            )
            {
                element = element[index];
            }
            else if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(part, out element))
            {
                return null;
            }
        }

        return element;
    }

    /// <summary>The text at the path; null if there is none.</summary>
    public static string? Text(this JsonElement element, string path) => element.Find(path)?.GetString();

    public static string?[] Texts(this JsonElement element, string path) =>
        [.. element.At(path).EnumerateArray().Select(item => item.GetString())];

    /// <summary>Each member of each object in the document.</summary>
    public static IEnumerable<JsonProperty> Members(this JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element
                .EnumerateObject()
                .SelectMany(member => member.Value.Members().Prepend(member)),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Members),
            _ => [],
        };

    /// <summary>Each text in the document.</summary>
    public static IEnumerable<string> Texts(this JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().SelectMany(member => member.Value.Texts()),
            JsonValueKind.Array => element.EnumerateArray().SelectMany(Texts),
            JsonValueKind.String => [element.GetString()!],
            _ => [],
        };
}
