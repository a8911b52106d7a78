using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Intake;

internal enum ContentCoding
{
    None,
    Gzip,
    Deflate,
    Brotli,
    Unknown,
}

// ASP.NET Core's middleware for request decompression supports the same codings. But the intake decodes from memory, after it has
// verified the sender, and within the location's share of memory and time.
internal static class ContentCodings
{
    public const string Accepted = "gzip, deflate, br";

    private const int BytesPerDelivery = 16 * 1024;

    public static ContentCoding Read(StringValues contentEncoding) =>
        contentEncoding switch
        {
            [] => ContentCoding.None,
            [{ } coding] => Parse(coding.AsSpan().Trim()),
            _ => ContentCoding.Unknown,
        };

    /// <summary>The additional cost, in deliveries of the rate limit.</summary>
    public static int DecodingCost(int bytes) => bytes / BytesPerDelivery;

    public static Stream Open(ContentCoding coding, Stream encoded) =>
        coding switch
        {
            ContentCoding.Gzip => new GZipStream(encoded, CompressionMode.Decompress),
            // "deflate" is the zlib format (RFC 9110, 8.4.1.2).
            ContentCoding.Deflate => new ZLibStream(encoded, CompressionMode.Decompress),
            ContentCoding.Brotli => new BrotliStream(encoded, CompressionMode.Decompress),
            _ => throw new ArgumentOutOfRangeException(nameof(coding), coding, message: null),
        };

    private static ContentCoding Parse(ReadOnlySpan<char> coding) =>
        coding.IsEmpty || Is(coding, "identity") ? ContentCoding.None
        : Is(coding, "gzip") || Is(coding, "x-gzip") ? ContentCoding.Gzip
        : Is(coding, "deflate") ? ContentCoding.Deflate
        : Is(coding, "br") ? ContentCoding.Brotli
        : ContentCoding.Unknown;

    private static bool Is(ReadOnlySpan<char> coding, string name) =>
        coding.Equals(name, StringComparison.OrdinalIgnoreCase);
}
