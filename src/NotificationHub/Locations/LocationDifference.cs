using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations;

/// <summary>One thing that is not at Apple as it is recorded here, and what leads further.</summary>
/// <param name="Setting">Apple's name of it.</param>
/// <param name="Expected">What is recorded; null for a secret.</param>
/// <param name="Actual">What Apple answers; null where it is nothing, and for a secret.</param>
/// <param name="Advice">What to do about it.</param>
internal sealed record LocationDifference(string Setting, string? Expected, string? Actual, string Advice);

/// <summary>Compares what Apple answers with what is recorded. Pure.</summary>
internal static class LocationDifferences
{
    public const string Owner = "mdmInfo.id";
    public const string Url = "notificationUrl";
    public const string Types = "notificationTypes";
    public const string Secret = "notificationAuthToken";
    public const string Token = "contentToken";

    private const string UId = "uId";
    private const string TakeBack =
        "Find out who changed it. `locations rotate --take-back` sets it as it was, with a new secret.";

    public static IReadOnlyList<LocationDifference> Find(
        Location location,
        ClientConfig found,
        IEnumerable<StoredSecret> secrets
    )
    {
        List<LocationDifference> differences = [];
        if (found.UId is { } uId && location.UId is { } known && uId != known)
        {
            differences.Add(
                new(
                    UId,
                    known,
                    uId,
                    "The content token is for another library. Give the right one with `locations renew`."
                )
            );
        }

        if (found.MdmInfo?.Id is { } owner && location.MdmId is { } recorded && owner != recorded)
        {
            differences.Add(
                new(
                    Owner,
                    recorded,
                    owner,
                    "Another server took the location over. Agree on who owns it; `locations add` then takes it up again."
                )
            );
        }

        if (found.NotificationUrl != location.NotificationUrl)
        {
            differences.Add(
                new(Url, location.NotificationUrl, found.NotificationUrl, $"Notifications go elsewhere. {TakeBack}")
            );
        }

        if (!SameTypes(location, found))
        {
            differences.Add(
                new(
                    Types,
                    Join(LocationStore.ReadTypes(location.NotificationTypes)),
                    Join(found.SubscribedNotificationTypes),
                    TakeBack
                )
            );
        }

        if (
            found.NotificationAuthTokenSha256 is not null
            && !secrets.Any(secret => secret.IsAccepted && found.Echoes(secret.Sha256))
        )
        {
            differences.Add(
                new(
                    Secret,
                    null,
                    null,
                    $"Apple presents a secret that the hub does not accept: its posts are answered 401. {TakeBack}"
                )
            );
        }

        return differences;
    }

    /// <summary>As they are stored, to be told of once.</summary>
    public static string? Write(IReadOnlyList<LocationDifference> differences) =>
        differences.Count == 0 ? null : JsonSerializer.Serialize(differences);

    public static IReadOnlyList<LocationDifference> Read(string? differences) =>
        differences is null ? [] : JsonSerializer.Deserialize<LocationDifference[]>(differences)!;

    private static bool SameTypes(Location location, ClientConfig found) =>
        LocationStore
            .ReadTypes(location.NotificationTypes)
            .ToHashSet(StringComparer.Ordinal)
            .SetEquals(found.SubscribedNotificationTypes);

    private static string? Join(IReadOnlyList<string> types) =>
        types.Count == 0 ? null : string.Join(", ", types.Order(StringComparer.Ordinal));
}
