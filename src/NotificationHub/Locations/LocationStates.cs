using System.Text.Json;
using NotificationHub.Apple;
using NotificationHub.Events;

namespace NotificationHub.Locations;

/// <summary>Which calls to Apple a location allows. Notifications are received in every state except <see cref="Removed"/>.</summary>
internal enum LocationState
{
    /// <summary>The registration is in progress, or was interrupted with an unknown outcome.</summary>
    Pending,

    Valid,

    /// <summary>The content token expires within <see cref="LocationStates.ExpiryWarning"/>.</summary>
    Expiring,

    Expired,

    Revoked,

    Invalid,

    /// <summary>Another server wrote its own <c>mdmInfo</c> at Apple.</summary>
    TakenOver,

    /// <summary>An operator removed it. Late notifications are stored for a day, but not routed.</summary>
    Removed,
}

internal static class LocationStates
{
    // Apple: ClientConfigResponse.
    public static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(15);

    /// <summary>The days before a content token's expiry on which the hub publishes a warning.</summary>
    private static readonly int[] ExpirySteps = [1, 7, 15, 30];

    private static readonly string[] Names =
    [
        .. Enum.GetNames<LocationState>().Select(JsonNamingPolicy.KebabCaseLower.ConvertName),
    ];

    public static IReadOnlyList<string> All => Names;

    /// <summary>The SQL condition that Apple may be called for a location <c>l</c>.</summary>
    public const string Callable =
        "l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null";

    /// <summary>The SQL condition that the daily verification reads Client Config: Apple may be called, or has ended access.</summary>
    public const string Verified =
        "l.state in ('valid', 'expiring', 'expired', 'revoked', 'invalid', 'taken-over') and l.receive_only = 0 and l.content_token is not null";

    public static bool MayCallApple(LocationState state) => state is LocationState.Valid or LocationState.Expiring;

    /// <summary>Whether Apple ended access to the location; one request a day checks whether access has returned.</summary>
    public static bool IsClosed(LocationState state) =>
        state is LocationState.Expired or LocationState.Revoked or LocationState.Invalid or LocationState.TakenOver;

    public static bool NeedsRegistration(LocationState state) => state is LocationState.Pending || IsClosed(state);

    public static void EnsureCallable(Location location)
    {
        // A receive-only location gets a clearer error when its missing content token is needed.
        if (location.ReceiveOnly || MayCallApple(location.State))
        {
            return;
        }

        var reason = location.StateReason is { } known ? $" ({known})" : "";
        throw new LocationException(
            LocationErrorCode.NotAllowed,
            $"Location {location.LocationId} is {location.StateName}{reason}. Nothing was changed at Apple. "
                + location.State switch
                {
                    LocationState.Pending => "Run `locations add` again to finish the registration.",
                    LocationState.TakenOver =>
                        "Find out which MDM should own it. If your MDM owns it again, run `locations verify`. To reclaim it, run `locations add` again.",
                    _ => "Run `locations renew-token` with a new content token.",
                }
        );
    }

    /// <param name="respondedMdmId">The <c>mdmInfo.id</c> in the response; a response without one does not tell the owner.</param>
    public static LocationState AfterResponse(
        LocationState current,
        string? recordedMdmId,
        string? respondedMdmId,
        DateTimeOffset? tokenExpiresAt,
        DateTimeOffset now
    ) =>
        current is LocationState.Pending or LocationState.Removed ? current
        : recordedMdmId is not null && respondedMdmId is not null && recordedMdmId != respondedMdmId
            ? LocationState.TakenOver
        : current == LocationState.TakenOver && respondedMdmId is null ? LocationState.TakenOver
        // A response proves that the token works, whatever its date says.
        : tokenExpiresAt - now <= ExpiryWarning ? LocationState.Expiring
        : LocationState.Valid;

    public static LocationState AfterError(LocationState current, AppleErrorKind error) =>
        (current, error) switch
        {
            (LocationState.Pending or LocationState.Removed, _) => current,
            (_, AppleErrorKind.TokenExpired) => LocationState.Expired,
            (_, AppleErrorKind.TokenRevoked) => LocationState.Revoked,
            (_, AppleErrorKind.TokenInvalid) => LocationState.Invalid,
            _ => current,
        };

    /// <summary>The smallest of 30, 15, 7 and 1 days that are left; null if the expiry is further away or unknown.</summary>
    public static int? ExpiryStep(DateTimeOffset? expiresAt, DateTimeOffset now) =>
        ExpirySteps
            .Where(days => expiresAt - now <= TimeSpan.FromDays(days))
            .Select(days => (int?)days)
            .FirstOrDefault();

    /// <summary>The event that reports a change to this state; null if the change is not reported.</summary>
    public static string? EventFor(LocationState state) =>
        state switch
        {
            LocationState.Expired => EventNames.LocationTokenExpired,
            // Both mean that the token stopped working before its date. The event's data says which.
            LocationState.Revoked or LocationState.Invalid => EventNames.LocationTokenRevoked,
            LocationState.TakenOver => EventNames.LocationTakenOver,
            _ => null,
        };

    public static string ToWireName(this LocationState state) => Names[(int)state];

    public static LocationState Parse(string name) =>
        Array.IndexOf(Names, name) is >= 0 and var index
            ? (LocationState)index
            : throw new ArgumentException($"'{name}' is not a location state.", nameof(name));
}
