using System.Globalization;
using System.Text;

namespace NotificationHub.Simulator.Apple;

internal enum ContentTokenState
{
    Valid,

    // 401 with 9621; also returned once the expiry date has passed.
    Expired,

    // 401 with 9625.
    Revoked,

    // 200 with 9622 in the body, as for an unknown token.
    Invalid,
}

/// <summary>A content token (sToken). A location can have several.</summary>
internal sealed class ContentToken(string text, DateTimeOffset expiresAt)
{
    public string Text { get; } = text;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public ContentTokenState State { get; set; }

    // The white space around the token is what editors and mail programs leave in the file.
    public string File => $"\n  {Text}\r\n";

    public static ContentToken Create(SeededRandom random, string organization, DateTimeOffset expiresAt)
    {
        var json = $$"""
            { "expDate": "{{AppleDate(expiresAt)}}",
              "token" : "{{Convert.ToBase64String(random.Bytes(48))}}", "orgName": "{{organization}}" }
            """;
        return new ContentToken(Convert.ToBase64String(Encoding.UTF8.GetBytes(json)), expiresAt);
    }

    // Apple writes the offset without a colon.
    public static string AppleDate(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'+0000'", CultureInfo.InvariantCulture);
}
