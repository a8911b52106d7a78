using System.Text.Json.Serialization;

namespace NotificationHub.Apple;

/// <summary>Current limits, addresses and error texts of Apple's service. Apple: ServiceConfigResponse.</summary>
public sealed record ServiceConfig : AppleResponse
{
    private const string InviteCodePlaceholder = "%25inviteCode%25";

    /// <summary>The values in Apple's documentation, used for members that a response omits.</summary>
    public static ServiceConfig Documented { get; } =
        new()
        {
            Limits = new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["maxAssets"] = 25,
                ["maxClientUserIds"] = 1000,
                ["maxSerialNumbers"] = 1000,
                ["maxRevokeClientUserIds"] = 100,
                ["maxRevokeSerialNumbers"] = 100,
                ["maxUsers"] = 100,
                ["maxSubscriptions"] = 25,
                ["maxSubscriptionClientUserIds"] = 1000,
                ["maxNotificationLength"] = 512,
                ["maxMdmIdLength"] = 100,
                ["maxMdmNameLength"] = 100,
                ["maxMdmMetadataLength"] = 255,
                ["maxRequestPerSecond"] = 15,
            },
            NotificationTypes = AppleNotificationTypes.All,
        };

    /// <summary>The errors that Apple may return.</summary>
    [JsonConverter(typeof(ListConverter<AppleError>))]
    public IReadOnlyList<AppleError> ErrorCodes
    {
        get => field ?? [];
        init;
    }

    /// <summary>Limits by Apple's key, as received. <see cref="Limit"/> falls back to the documented value.</summary>
    public IReadOnlyDictionary<string, long>? Limits { get; init; }

    /// <summary>The listed notification types; the service may accept more.</summary>
    [JsonConverter(typeof(ListConverter<string>))]
    public IReadOnlyList<string> NotificationTypes
    {
        get => field ?? [];
        init;
    }

    /// <summary>Addresses by Apple's key, as received. The client uses only those on the host of its base address.</summary>
    public IReadOnlyDictionary<string, string?>? Urls { get; init; }

    /// <summary>A limit by Apple's key: as received, else as documented, else null.</summary>
    public long? Limit(string key) =>
        Limits?.TryGetValue(key, out var sent) == true ? sent
        : Documented.Limits!.TryGetValue(key, out var documented) ? documented
        : null;

    /// <summary>
    /// The address that invites a user to the location, from <c>invitationEmail</c>; null if Apple sent none. A secret,
    /// like the code: its holder can claim the user.
    /// </summary>
    /// <param name="inviteCode">The user's <see cref="User.InviteCode"/>.</param>
    public Uri? CreateInvitationUrl(string inviteCode)
    {
        ArgumentException.ThrowIfNullOrEmpty(inviteCode);
        return
            Urls?.TryGetValue("invitationEmail", out var template) == true
            && template?.Contains(InviteCodePlaceholder, StringComparison.Ordinal) == true
            && Uri.TryCreate(
                template.Replace(InviteCodePlaceholder, Uri.EscapeDataString(inviteCode), StringComparison.Ordinal),
                UriKind.Absolute,
                out var url
            )
            && url.Scheme == Uri.UriSchemeHttps
            ? url
            : null;
    }

    /// <summary>A limit that must be positive: as received, else as documented.</summary>
    internal int RequestLimit(string key) =>
        (int)(Limit(key) is > 0 and <= int.MaxValue and var limit ? limit : Documented.Limits![key]);
}
