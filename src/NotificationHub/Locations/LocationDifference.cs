using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;

namespace NotificationHub.Locations;

/// <summary>A setting that Apple has with another value than the hub recorded.</summary>
/// <param name="Setting">Apple's name.</param>
/// <param name="Expected">The recorded value; null for a secret.</param>
/// <param name="Actual">Apple's value; null if it has none, and for a secret.</param>
/// <param name="Advice">What an operator should do.</param>
internal sealed record LocationDifference(string Setting, string? Expected, string? Actual, string Advice);

internal static class LocationDifferences
{
    public const string Owner = "mdmInfo.id";
    public const string Url = "notificationUrl";
    public const string Types = "notificationTypes";
    public const string Secret = "notificationAuthToken";
    public const string Token = "contentToken";

    private const string UId = "uId";
    private const string Restore =
        "Find out who changed it. `locations rotate-secret --overwrite` restores it and sets a new secret.";

    // An MDM may write its settings at each start, or when an administrator saves them.
    private const string ReplacedAgain =
        "The server whose URL the hub replaced has set it again, so the hub receives no notifications. Turn that off in the server. "
        + "`locations rotate-secret --overwrite` sets the hub's URL; a relay target for that server then gets its current secret.";

    private const string TargetMoves =
        "A relay target for the server whose URL the hub replaced then gets the URL and secret that Apple has now.";

    public static IReadOnlyList<LocationDifference> Find(
        Location location,
        ClientConfig found,
        IEnumerable<StoredSecret> secrets,
        ReplacedConfiguration? replaced
    )
    {
        List<LocationDifference> differences = [];
        if (found.UId is { } uId && location.UId is { } known && uId != known)
        {
            const string Advice =
                "The content token is for another library. Run `locations renew-token` with this library's token.";
            differences.Add(new(UId, known, uId, Advice));
        }

        if (found.MdmInfo?.Id is { } owner && location.MdmId is { } recorded && owner != recorded)
        {
            const string Advice =
                "Another MDM server took over the location. Find out which MDM should own it. To reclaim it, run `locations add` again.";
            differences.Add(new(Owner, recorded, owner, Advice));
        }

        if (found.NotificationUrl != location.NotificationUrl)
        {
            var advice =
                found.NotificationUrl is { } url && url == replaced?.NotificationUrl ? ReplacedAgain
                : replaced is null ? $"Apple sends the notifications to another URL. {Restore}"
                : $"Apple sends the notifications to another URL. {Restore} {TargetMoves}";
            differences.Add(new(Url, location.NotificationUrl, found.NotificationUrl, advice));
        }

        var types = LocationStore.ReadTypes(location.NotificationTypes);
        if (!types.ToHashSet(StringComparer.Ordinal).SetEquals(found.SubscribedNotificationTypes))
        {
            differences.Add(new(Types, Join(types), Join(found.SubscribedNotificationTypes), Restore));
        }

        if (
            found.NotificationAuthToken is not null
            && !secrets.Any(secret => secret.IsAccepted && found.Echoes(secret.Sha256))
        )
        {
            const string Advice =
                $"Apple presents a secret that the hub does not accept, so its deliveries get 401. {Restore}";
            differences.Add(new(Secret, null, null, Advice));
        }

        return differences;
    }

    public static string? Write(IReadOnlyList<LocationDifference> differences) =>
        differences.Count == 0 ? null : JsonSerializer.Serialize(differences);

    public static IReadOnlyList<LocationDifference> Read(string? differences) =>
        differences is null ? [] : JsonSerializer.Deserialize<LocationDifference[]>(differences)!;

    private static string? Join(IReadOnlyList<string> types) =>
        types.Count == 0 ? null : string.Join(", ", types.Order(StringComparer.Ordinal));
}
