using System.Globalization;
using System.Text;

namespace NotificationHub.Simulator.Apple;

internal enum ContentTokenState
{
    Valid,

    /// <summary>Answered 401 with 9621; also reached when the expiry date has passed.</summary>
    Expired,

    /// <summary>Answered 401 with 9625.</summary>
    Revoked,

    /// <summary>Answered 200 with 9622 in the body, as an unknown token is.</summary>
    Invalid,
}

/// <summary>A content token (sToken) of a location; a location may have several.</summary>
/// <param name="text">The base64 text that a client presents as its bearer token.</param>
internal sealed class ContentToken(string text, DateTimeOffset expiresAt)
{
    public string Text { get; } = text;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public ContentTokenState State { get; set; }

    /// <summary>The content of the .vpptoken file, with the white space round it that editors and mail programs leave.</summary>
    public string File => $"\n  {Text}\r\n";

    public static ContentToken Create(SeededRandom random, string organization, DateTimeOffset expiresAt)
    {
        var json = $$"""
            { "expDate": "{{AppleDate(expiresAt)}}",
              "token" : "{{Convert.ToBase64String(random.Bytes(48))}}", "orgName": "{{organization}}" }
            """;
        return new ContentToken(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), expiresAt);
    }

    /// <summary>Apple's form of a time: the offset has no colon.</summary>
    public static string AppleDate(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+0000'", CultureInfo.InvariantCulture);
}
