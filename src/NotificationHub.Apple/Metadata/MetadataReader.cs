using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>
/// Reads a response of the lookup. Its shape is not documented: <c>results</c> may be an object with the IDs as names, or
/// an array of objects with their IDs. Anything else counts as no metadata.
/// </summary>
internal static class MetadataReader
{
    /// <returns>Null if the response is not of this shape.</returns>
    public static IReadOnlyList<ContentMetadata>? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json.StartsWith("\uFEFF"u8) ? json[3..] : json);
        try
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return Member(document.RootElement, "results") is not { } results ? null
                : results.ValueKind == JsonValueKind.Object
                    ? [.. results.EnumerateObject().Select(Read).OfType<ContentMetadata>()]
                : results.ValueKind == JsonValueKind.Array
                    ? [.. results.EnumerateArray().Select(Read).OfType<ContentMetadata>()]
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ContentMetadata? Read(JsonProperty entry) => Read(entry.Name, entry.Value);

    private static ContentMetadata? Read(JsonElement entry) =>
        (Text(entry, "adamId") ?? Text(entry, "id")) is { } adamId ? Read(adamId, entry) : null;

    private static ContentMetadata? Read(string adamId, JsonElement entry)
    {
        var artwork = Member(entry, "artwork") is { } icon ? Text(icon, "url") : null;
        var metadata = new ContentMetadata
        {
            AdamId = adamId,
            Name = OneLine(Text(entry, "name")),
            Kind = OneLine(Text(entry, "kind")),
            IconTemplate = artwork is not null && ContentMetadata.ToUrl(artwork) is not null ? artwork : null,
        };
        return metadata is { Name: null, Kind: null, IconTemplate: null } ? null : metadata;
    }

    private static string? OneLine(string? text) => JsonText.OrNull(SafeText.OneLine(text));

    private static string? Text(JsonElement parent, string name) =>
        Member(parent, name) switch
        {
            { ValueKind: JsonValueKind.String } text => JsonText.OrNull(text.GetString()),
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            _ => null,
        };

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var member) ? member : null;
}
