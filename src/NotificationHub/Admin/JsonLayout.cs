using System.Text;
using System.Text.Json;

namespace NotificationHub.Admin;

/// <summary>Formats stored JSON for people.</summary>
internal static class JsonLayout
{
    private static readonly JsonReaderOptions Tolerant = new() { MaxDepth = 128 };

    /// <summary>Stored JSON with line breaks and without invite codes; other text as it is.</summary>
    public static string Show(byte[] stored)
    {
        var shown = InviteCodes.Withhold(stored).Bytes;
        return Indent(shown) ?? Encoding.UTF8.GetString(shown);
    }

    /// <summary>The JSON with line breaks and indentation; null if it is not JSON.</summary>
    // Names, strings and numbers are copied as they are: no escape or digit changes, and a repeated member stays.
    public static string? Indent(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json, Tolerant);
            var text = new StringBuilder();
            var follows = false;
            while (reader.Read())
            {
                var isEnd = reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray;
                var isEmpty = isEnd && !follows;
                if (follows && !isEnd)
                {
                    text.Append(',');
                }

                if (!isEmpty && !IsAfterName(text) && text.Length > 0)
                {
                    text.Append('\n').Append(' ', 2 * reader.CurrentDepth);
                }

                text.Append(Write(ref reader));
                follows =
                    reader.TokenType
                        is not (JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.PropertyName);
            }

            return text.ToString();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsAfterName(StringBuilder text) => text.Length > 1 && text[^1] == ' ' && text[^2] == ':';

    private static string Write(ref Utf8JsonReader reader)
    {
        var raw = Encoding.UTF8.GetString(reader.ValueSpan);
        return reader.TokenType switch
        {
            JsonTokenType.PropertyName => $"\"{raw}\": ",
            JsonTokenType.String => $"\"{raw}\"",
            _ => raw,
        };
    }
}

internal enum DifferenceKind
{
    Same,
    Added,
    Removed,
    Changed,
}

/// <summary>A member of a record before and after a change, as JSON.</summary>
/// <param name="Path">The names of the enclosing objects and of the member, with dots.</param>
internal sealed record MemberDifference(string Path, string? Before, string? After)
{
    public DifferenceKind Kind =>
        Before == After ? DifferenceKind.Same
        : Before is null ? DifferenceKind.Added
        : After is null ? DifferenceKind.Removed
        : DifferenceKind.Changed;
}

internal static class RecordDifferences
{
    /// <summary>Compares the record before and after a change; empty if the data is not that of a <c>*.changed</c> event.</summary>
    public static IReadOnlyList<MemberDifference> Read(ReadOnlyMemory<byte> data)
    {
        using var document = JsonDocument.Parse(data);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        document.RootElement.TryGetProperty("before", out var before);
        document.RootElement.TryGetProperty("after", out var after);
        var (old, current) = (Flatten(before), Flatten(after));
        return
        [
            .. old
                .Keys.Union(current.Keys)
                .Select(path => new MemberDifference(
                    path,
                    old.GetValueOrDefault(path),
                    current.GetValueOrDefault(path)
                )),
        ];
    }

    /// <summary>The members of a record by path, as JSON.</summary>
    public static IReadOnlyDictionary<string, string> ReadMembers(string record)
    {
        using var document = JsonDocument.Parse(record);
        return Flatten(document.RootElement);
    }

    // Empty if the record is null or absent.
    private static Dictionary<string, string> Flatten(JsonElement record)
    {
        Dictionary<string, string> members = new(StringComparer.Ordinal);
        if (record.ValueKind == JsonValueKind.Object)
        {
            Add(members, record, "");
        }

        return members;
    }

    private static void Add(Dictionary<string, string> members, JsonElement record, string prefix)
    {
        foreach (var member in record.EnumerateObject())
        {
            var path = prefix + member.Name;
            if (member.Value.ValueKind == JsonValueKind.Object)
            {
                Add(members, member.Value, $"{path}.");
            }
            else
            {
                members[path] = member.Value.GetRawText();
            }
        }
    }
}
