using System.Globalization;

namespace NotificationHub.Apple;

/// <summary>
/// Name, kind and icon of an app or book in one country's store. Apple documents the address of the lookup, but not its
/// response, so every member is optional and belongs in displays only, not in decisions.
/// </summary>
public sealed record ContentMetadata
{
    /// <summary>Apple's ID of the app or book.</summary>
    public required string AdamId { get; init; }

    /// <summary>The name, on one line and at most 300 characters, such as <c>Keynote</c>; null if Apple sent none.</summary>
    public string? Name { get; init; }

    /// <summary>Apple's word for the kind of content, unchanged; null if Apple sent none.</summary>
    public string? Kind { get; init; }

    /// <summary>
    /// The https address of the icon as Apple sent it; null if there is none. It may have placeholders for width, height
    /// and format, which <see cref="IconAt"/> fills in. Store this one.
    /// </summary>
    public string? IconTemplate { get; init; }

    /// <summary>The address of the icon as PNG; null if there is none, or if its template is unknown.</summary>
    /// <param name="pixels">Width and height in pixels. An address without placeholders ignores it.</param>
    public Uri? IconAt(int pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, 1);
        var size = pixels.ToString(CultureInfo.InvariantCulture);
        var filled = IconTemplate
            ?.Replace("{w}", size, StringComparison.Ordinal)
            .Replace("{h}", size, StringComparison.Ordinal)
            .Replace("{c}", "bb", StringComparison.Ordinal)
            .Replace("{f}", "png", StringComparison.Ordinal);
        return filled is not null && !filled.Contains('{', StringComparison.Ordinal) ? ToUrl(filled) : null;
    }

    internal static Uri? ToUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback))
            ? url
            : null;
}

/// <summary>The result of a lookup. Each requested ID is in exactly one of the three collections.</summary>
public sealed record ContentMetadataResult
{
    /// <summary>The metadata by Apple's ID.</summary>
    public required IReadOnlyDictionary<string, ContentMetadata> Found { get; init; }

    /// <summary>The IDs for which Apple has no metadata in this country: unlisted, withdrawn or private content.</summary>
    public required IReadOnlyCollection<string> Absent { get; init; }

    /// <summary>The IDs that could not be looked up, because of <see cref="Error"/>. Try again later.</summary>
    public required IReadOnlyCollection<string> Failed { get; init; }

    /// <summary>Why the lookup is incomplete; null if it is complete. Throw it if you need all metadata.</summary>
    public AppleException? Error { get; init; }
}
