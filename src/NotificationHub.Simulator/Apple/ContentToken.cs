using System.Globalization;
using System.Text;

namespace NotificationHub.Simulator.Apple;

internal enum ContentTokenState
{
    Valid,
    Expired,
    Revoked,

    // As for an unknown token: 200 with 9622 in the body.
    Invalid,
    LoginRequired,
    Legacy,
    Facilitator,
}

/// <summary>A content token (sToken). A location can have several.</summary>
internal sealed class ContentToken(string text, DateTimeOffset expiresAt)
{
    private static readonly Dictionary<ContentTokenState, int> Errors = new()
    {
        [ContentTokenState.Expired] = AppleErrors.TokenExpired,
        [ContentTokenState.Revoked] = AppleErrors.TokenRevoked,
        [ContentTokenState.Invalid] = AppleErrors.TokenInvalid,
        [ContentTokenState.LoginRequired] = AppleErrors.LoginRequired,
        [ContentTokenState.Legacy] = AppleErrors.LegacyToken,
        [ContentTokenState.Facilitator] = AppleErrors.FacilitatorNotAllowed,
    };

    public string Text { get; } = text;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;

    public ContentTokenState State { get; set; }

    /// <summary>Whether it may read only; Client Config can still be set.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>Whether subscription management is enabled. Without it, subscriptions cannot be bought for the location.</summary>
    public bool ManagesSubscriptions { get; set; }

    // The white space around the token is what editors and mail programs leave in the file.
    public string File => $"\n  {Text}\r\n";

    /// <summary>The error of every request with this token; null if it is accepted.</summary>
    public int? ErrorAt(DateTimeOffset now) =>
        Errors.TryGetValue(State, out var errorNumber) ? errorNumber
        : now >= ExpiresAt ? AppleErrors.TokenExpired
        : null;

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
