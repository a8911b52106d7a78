using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Routing;

/// <summary>Parses a stored post. Whatever its bytes are, there is no exception: only faults.</summary>
internal static class NotificationBody
{
    private const string Path = "body";

    // Which of two members counts is anybody's guess, and two readers may guess differently.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body as a JSON object; null where it is none, and then <paramref name="faults"/> says why.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, RoutingErrors faults)
    {
        body = WithoutMark(body);
        if (!Utf8.IsValid(body.Span))
        {
            faults.Add(Path, "expected UTF-8");
            return null;
        }

        if (TryParse(body, Strict) is not { } document)
        {
            faults.Add(Path, Explain(body));
            return null;
        }

        if (document.RootElement.ValueKind == JsonValueKind.Object)
        {
            return document;
        }

        document.Dispose();
        faults.Add(Path, "expected a JSON object");
        return null;
    }

    /// <summary>The body as JSON, even if it is otherwise invalid; null if it is not JSON.</summary>
    public static JsonDocument? ParseTolerantly(ReadOnlyMemory<byte> body) => TryParse(WithoutMark(body), default);

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(ByteOrderMark) ? body[ByteOrderMark.Length..] : body;

    private static string Explain(ReadOnlyMemory<byte> body)
    {
        using var lenient = TryParse(body, default);
        return lenient is null
            ? "expected JSON, nested at most 64 deep"
            : "expected each member of an object only once, with a name that is Unicode text";
    }

    private static JsonDocument? TryParse(ReadOnlyMemory<byte> body, JsonDocumentOptions options)
    {
        try
        {
            return JsonDocument.Parse(body, options);
        }
        // The second one is a name with an escape that is half a character.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
