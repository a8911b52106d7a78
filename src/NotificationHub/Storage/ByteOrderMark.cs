namespace NotificationHub.Storage;

/// <summary>The mark of UTF-8 with which a body may begin, and which JSON parsers do not accept.</summary>
internal static class ByteOrderMark
{
    private static ReadOnlySpan<byte> Mark => [0xEF, 0xBB, 0xBF];

    public static ReadOnlySpan<byte> Skip(ReadOnlySpan<byte> body) =>
        body.StartsWith(Mark) ? body[Mark.Length..] : body;

    public static ReadOnlyMemory<byte> Skip(ReadOnlyMemory<byte> body) =>
        body.Span.StartsWith(Mark) ? body[Mark.Length..] : body;
}
