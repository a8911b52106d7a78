using System.Text.Json;
using System.Text.Unicode;

namespace NotificationHub.Routing;

// Parses a stored body. Invalid bytes cause errors, never an exception.
internal static class NotificationBody
{
    private const string Path = "body";

    // Of two members with the same name, different readers may use different ones.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>The body as a JSON object; null if it is not one, with the reason in <paramref name="errors"/>.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, RoutingErrors errors)
    {
        body = SkipByteOrderMark(body);
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
        TryParse(SkipByteOrderMark(body), default);

    private static ReadOnlyMemory<byte> SkipByteOrderMark(ReadOnlyMemory<byte> body) =>
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
        // InvalidOperationException: a name with an escape that is an unpaired surrogate.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
