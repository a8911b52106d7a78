using System.Text.Json;
using System.Text.Unicode;
using NotificationHub.Storage;

namespace NotificationHub.Routing;

/// <summary>The errors of a notification: a member's path and what is expected there.</summary>
// Never the value: it may be personal, and the errors are logged and published.
internal sealed class RoutingErrors
{
    private readonly List<string> texts = [];
    private readonly HashSet<string> paths = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Texts => texts;

    public bool Any => texts.Count > 0;

    /// <summary>Adds an error, unless this member or one that contains it has an error already.</summary>
    public void Add(string path, string expected)
    {
        if (!IsKnown(path))
        {
            paths.Add(path);
            texts.Add($"{path}: {expected}");
        }
    }

    private bool IsKnown(string path)
    {
        for (var end = path.Length; end > 0; end = path.AsSpan(0, end).LastIndexOfAny('.', '['))
        {
            if (paths.Contains(path[..end]))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Reads the members of a JSON object. Null and an empty text count as missing; unknown members are ignored.</summary>
// A member of the wrong type adds an error instead of throwing, so that all errors are found at once.
internal readonly struct JsonMembers(JsonElement element, string path, int index, RoutingErrors errors)
{
    // Apple lists at most 100.
    public const int MaxElements = 1_000;

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    public static JsonMembers ForRoot(JsonElement element, RoutingErrors errors) => new(element, "", -1, errors);

    public string? Text(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? Unescape(value, name) : AddError(name, "expected a string");
    }

    /// <summary>An ID, which Apple writes as a string in some notifications and as a number in others.</summary>
    public string? Id(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        return value.ValueKind switch
        {
            JsonValueKind.String => Unescape(value, name),
            JsonValueKind.Number => value.GetRawText(),
            _ => AddError(name, "expected a string or a whole number"),
        };
    }

    public long Whole(string name)
    {
        if (TryGet(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number))
        {
            return number;
        }

        AddError(name, "expected a whole number");
        return 0;
    }

    public bool? Flag(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        AddError(name, "expected true or false");
        return null;
    }

    public JsonElement? Any(string name) => TryGet(name, out var value) ? value.Clone() : null;

    /// <summary>A required object; an empty one if it is missing.</summary>
    public JsonMembers Object(string name) => OptionalObject(name) ?? Missing(name, "expected an object");

    public JsonMembers? OptionalObject(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new JsonMembers(value, PathOf(name), -1, errors)
            : Missing(name, "expected an object");
    }

    /// <summary>A required list of objects. An element that is not an object is read as an empty object.</summary>
    public IReadOnlyList<T> Objects<T>(string name, Func<JsonMembers, T> read)
    {
        if (!TryGet(name, out var value) || value.ValueKind != JsonValueKind.Array)
        {
            AddError(name, "expected a list");
            return [];
        }

        var length = value.GetArrayLength();
        if (length > MaxElements)
        {
            AddError(name, $"expected at most {MaxElements} elements");
            return [];
        }

        List<T> elements = new(length);
        var listPath = PathOf(name);
        foreach (var one in value.EnumerateArray())
        {
            elements.Add(read(Element(one, listPath, elements.Count)));
        }

        return elements;
    }

    private JsonMembers Element(JsonElement one, string listPath, int position)
    {
        if (one.ValueKind == JsonValueKind.Object)
        {
            return new JsonMembers(one, listPath, position, errors);
        }

        errors.Add($"{listPath}[{position}]", "expected an object");
        return new JsonMembers(Empty, listPath, position, errors);
    }

    private JsonMembers Missing(string name, string expected)
    {
        AddError(name, expected);
        return new JsonMembers(Empty, PathOf(name), -1, errors);
    }

    private bool TryGet(string name, out JsonElement value) =>
        element.TryGetProperty(name, out value)
        && value.ValueKind != JsonValueKind.Null
        && !(value.ValueKind == JsonValueKind.String && value.ValueEquals(""));

    private string? Unescape(JsonElement value, string name)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return AddError(name, "expected Unicode text (an escape is an unpaired surrogate)");
        }
    }

    private string? AddError(string name, string expected)
    {
        errors.Add(PathOf(name), expected);
        return null;
    }

    private string PathOf(string name) =>
        (path.Length, index) switch
        {
            (0, _) => name,
            (_, < 0) => $"{path}.{name}",
            _ => $"{path}[{index}].{name}",
        };
}

// Parses a stored body. Invalid bytes cause errors, never an exception.
internal static class NotificationBody
{
    private const string Path = "body";

    private static readonly JsonDocumentOptions Tolerant = new() { MaxDepth = NotificationLog.MaxDepth };

    // Of two members with the same name, different readers may use different ones.
    private static readonly JsonDocumentOptions Strict = Tolerant with { AllowDuplicateProperties = false };

    /// <summary>The body as a JSON object; null if it is not one, with the reason in <paramref name="errors"/>.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, RoutingErrors errors)
    {
        body = ByteOrderMark.Skip(body);
        if (!Utf8.IsValid(body.Span))
        {
            errors.Add(Path, "expected UTF-8");
            return null;
        }

        if (TryParse(body, Strict) is not { } document)
        {
            errors.Add(Path, Explain(body));
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        errors.Add(Path, "expected a JSON object");
        return null;
    }

    /// <summary>The body as JSON, even if it is otherwise invalid; null if it is not JSON.</summary>
    public static JsonDocument? ParseTolerantly(ReadOnlyMemory<byte> body) =>
        TryParse(ByteOrderMark.Skip(body), Tolerant);

    private static string Explain(ReadOnlyMemory<byte> body)
    {
        using var lenient = TryParse(body, Tolerant);
        return lenient is null
            ? $"expected JSON, nested at most {NotificationLog.MaxDepth} deep"
            : "expected each member of an object only once, with a name that is Unicode text";
    }

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> body, JsonDocumentOptions options)
    {
        try
        {
            return JsonDocument.Parse(body, options);
        }
        // InvalidOperationException: a name with an escape that is an unpaired surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
