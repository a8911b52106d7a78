using System.Buffers;
using System.Text;

namespace NotificationHub.Publishing.ServiceBus;

/// <summary>
/// How long text is as a JSON string without writing it, where that is plain to see: in ASCII the relaxed encoder escapes
/// quotes and backslashes with one byte each, and control characters, which are left to be measured by writing.
/// </summary>
internal static class EscapedLength
{
    private const int Quotes = 2;

    private static readonly SearchValues<byte> NotPlainBytes = SearchValues.Create([
        .. Enumerable.Range(0, 256).Where(IsNotPlain).Select(value => (byte)value),
    ]);

    private static readonly SearchValues<char> NotPlainCharacters = SearchValues.Create([
        .. Enumerable.Range(0, 128).Where(IsNotPlain).Select(value => (char)value),
    ]);

    /// <summary>The bytes of the string with its quotes; null where it must be written to know.</summary>
    public static int? Of(ReadOnlySpan<byte> text) =>
        text.ContainsAny(NotPlainBytes) ? null : Quotes + text.Length + text.Count((byte)'"') + text.Count((byte)'\\');

    /// <inheritdoc cref="Of(ReadOnlySpan{byte})"/>
    public static int? Of(ReadOnlySpan<char> text) =>
        !Ascii.IsValid(text) || text.ContainsAny(NotPlainCharacters)
            ? null
            : Quotes + text.Length + text.Count('"') + text.Count('\\');

    private static bool IsNotPlain(int value) => value is < 32 or >= 127;
}
