using System.Text.Json;

namespace NotificationHub.Routing;

/// <summary>
/// Reads the members of a JSON object tolerantly: null and an empty text are as good as absent, unknown members are passed over, and a member
/// of the wrong type becomes a fault instead of an exception, so that all faults are found in one go.
/// </summary>
internal readonly struct JsonMembers(JsonElement element, string path, int index, RoutingErrors faults)
{
    /// <summary>Apple lists at most 100; far beyond that nothing is read, for it is not Apple's.</summary>
    private const int MaxElements = 1_000;

    private static readonly JsonElement Empty = JsonElement.Parse("{}");

    public static JsonMembers Root(JsonElement element, RoutingErrors faults) => new(element, "", -1, faults);

    /// <summary>A string; null where there is none.</summary>
    public string? Text(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? Unescape(value, name) : Fault(name, "expected a string");
    }

    /// <summary>An id that Apple writes as text in some notifications and as a number in others; as text.</summary>
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
            _ => Fault(name, "expected a string or a whole number"),
        };
    }

    /// <summary>A number, which must be there.</summary>
    public long Whole(string name)
    {
        if (TryGet(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number))
        {
            return number;
        }

        Fault(name, "expected a whole number");
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

        Fault(name, "expected true or false");
        return null;
    }

    /// <summary>Whatever is there, as it is.</summary>
    public JsonElement? Any(string name) => TryGet(name, out var value) ? value.Clone() : null;

    /// <summary>An object, which must be there; one without members where it is not.</summary>
    public JsonMembers Object(string name) => OptionalObject(name) ?? Missing(name, "expected an object");

    public JsonMembers? OptionalObject(string name)
    {
        if (!TryGet(name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Object
            ? new JsonMembers(value, PathOf(name), -1, faults)
            : Missing(name, "expected an object");
    }

    /// <summary>A list of objects, which must be there. It keeps its places: one that is no object is read as if empty.</summary>
    public IReadOnlyList<T> Objects<T>(string name, Func<JsonMembers, T> read)
    {
        if (!TryGet(name, out var value) || value.ValueKind != JsonValueKind.Array)
        {
            Fault(name, "expected a list");
            return [];
        }

        var length = value.GetArrayLength();
        if (length > MaxElements)
        {
            Fault(name, $"expected at most {MaxElements} elements");
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

    private JsonMembers Element(JsonElement one, string listPath, int place)
    {
        if (one.ValueKind == JsonValueKind.Object)
        {
            return new JsonMembers(one, listPath, place, faults);
        }

        faults.Add($"{listPath}[{place}]", "expected an object");
        return new JsonMembers(Empty, listPath, place, faults);
    }

    private JsonMembers Missing(string name, string expected)
    {
        Fault(name, expected);
        return new JsonMembers(Empty, PathOf(name), -1, faults);
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
            return Fault(name, "expected Unicode text (an escape is half a character)");
        }
    }

    private string? Fault(string name, string expected)
    {
        faults.Add(PathOf(name), expected);
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
