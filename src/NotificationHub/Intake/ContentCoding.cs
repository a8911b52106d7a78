using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace NotificationHub.Intake;

/// <summary>How a body is compressed: the one coding that <c>Content-Encoding</c> names.</summary>
internal enum ContentCoding
{
    None,
    Gzip,
    Deflate,
    Brotli,
    Unknown,
}

/// <summary>
/// The content codings of ASP.NET Core's request decompression, without its middleware. The intake decodes from memory, after it has
/// verified the sender, and within the location's share of memory and time.
/// </summary>
internal static class ContentCodings
{
    /// <summary>The value of <c>Accept-Encoding</c>.</summary>
    public const string Accepted = "gzip, deflate, br";

    private const int BytesPerPost = 16 * 1024;

    public static ContentCoding Read(StringValues contentEncoding) =>
        contentEncoding switch
        {
            [] => ContentCoding.None,
            [{ } coding] => Parse(coding.AsSpan().Trim()),
            _ => ContentCoding.Unknown,
        };

    /// <summary>The cost of decoding, in posts of the location's rate limit, in addition to the request itself.</summary>
    public static int CostOf(int bytes) => bytes / BytesPerPost;

    /// <summary>A stream that decodes another one.</summary>
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
