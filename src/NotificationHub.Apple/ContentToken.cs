using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace NotificationHub.Apple;

/// <summary>
/// The content token (sToken) of a location, as downloaded from Apple: a small JSON object in base64. Apple expects
/// the whole base64 text, not the <c>token</c> inside.
/// </summary>
public sealed class ContentToken
{
    private const int MaxLength = 64 * 1024;
    private const string WrongContent = "The content token is not Apple's JSON object with expDate.";

    private readonly string base64;

    private ContentToken(string base64, DateTimeOffset? expiresAt, string? organizationName)
    {
        this.base64 = base64;
        ExpiresAt = expiresAt;
        OrganizationName = organizationName;
    }

    /// <summary>The expiry date in the file; null if its format is unknown. A token can be revoked earlier.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>The organization's name in the file.</summary>
    public string? OrganizationName { get; }

    /// <summary>Parses the content of a downloaded token file.</summary>
    /// <exception cref="FormatException">The text is not a content token. The message says why, without repeating the text.</exception>
    public static ContentToken Parse(string fileText) =>
        TryParse(fileText, out var token, out var error) ? token : throw new FormatException(error);

    /// <summary>Parses the content of a downloaded token file, ignoring white space.</summary>
    /// <param name="fileText">The file's text.</param>
    /// <param name="token">The token.</param>
    /// <param name="error">Why it is invalid, without repeating the text.</param>
    public static bool TryParse(
        string? fileText,
        [NotNullWhen(true)] out ContentToken? token,
        [NotNullWhen(false)] out string? error
    )
    {
        token = null;
        var text = string.Concat(
            (fileText ?? "").Where(character => !char.IsWhiteSpace(character) && character != '\uFEFF')
        );
        if (text.Length is 0 or > MaxLength)
        {
            error = text.Length == 0 ? "The content token is empty." : "The content token is too long.";
            return false;
        }

        var bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var length))
        {
            error = "The content token is not base64 text. Use the file as downloaded.";
            return false;
        }

        token = Read(text, bytes.AsMemory(0, length));
        if (token is null)
        {
            error = WrongContent;
            return false;
        }

        error = null;
        return true;
    }

    /// <summary>The base64 text, for the Authorization header or for encryption. Must not be logged.</summary>
    public string Reveal() => base64;

    /// <summary>The date, without the token.</summary>
    public override string ToString() => $"ContentToken (expires {ExpiresAt:yyyy-MM-dd})";

    private static ContentToken? Read(string text, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return
                document.RootElement is { ValueKind: JsonValueKind.Object } content
                && TextOf(content, "expDate") is { } date
                ? new ContentToken(text, AppleDate.Parse(date), TextOf(content, "orgName"))
                : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement content, string name) =>
        content.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
            ? member.GetString()
            : null;
}
