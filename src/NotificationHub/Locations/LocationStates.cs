using NotificationHub.Apple;
using NotificationHub.Events;

namespace NotificationHub.Locations;

/// <summary>How a location's state follows from what Apple answers and from the clock. Pure: the caller stores and tells.</summary>
internal static class LocationStates
{
    /// <summary>How long before its end a content token is called expiring. Apple: ClientConfigResponse (15 days).</summary>
    public static readonly TimeSpan ExpiryWarning = TimeSpan.FromDays(15);

    /// <summary>The SQL condition that Apple may be called for a location <c>l</c>.</summary>
    public const string Callable =
        "l.state in ('valid', 'expiring') and l.receive_only = 0 and l.content_token is not null";

    /// <summary>Whether Apple may be called for a location in this state.</summary>
    public static bool MayCallApple(LocationState state) => state is LocationState.Valid or LocationState.Expiring;

    /// <summary>Whether Apple ended access to the location; one request a day checks whether access has returned.</summary>
    public static bool IsClosed(LocationState state) =>
        state is LocationState.Expired or LocationState.Revoked or LocationState.Invalid or LocationState.TakenOver;

    /// <summary>Whether only a new registration lets Apple be called again.</summary>
    public static bool NeedsRegistration(LocationState state) => state is LocationState.Pending || IsClosed(state);

    /// <summary>The state after an answer without an error.</summary>
    /// <param name="current">The state before.</param>
    /// <param name="recordedMdmId">The <c>mdmInfo.id</c> that was recorded at registration.</param>
    /// <param name="answeredMdmId">The one in the answer; null where the answer had none, which says nothing of the owner.</param>
    /// <param name="tokenExpiresAt">The content token's end, from the answer or as it is known.</param>
    /// <param name="now">The time of the answer.</param>
    public static LocationState AfterResponse(
        LocationState current,
        string? recordedMdmId,
        string? answeredMdmId,
        DateTimeOffset? tokenExpiresAt,
        DateTimeOffset now
    ) =>
        current is LocationState.Pending or LocationState.Removed ? current
        : recordedMdmId is not null && answeredMdmId is not null && recordedMdmId != answeredMdmId
            ? LocationState.TakenOver
        : current == LocationState.TakenOver && answeredMdmId is null ? LocationState.TakenOver
        // An answer proves that the token works, whatever its date says.
        : tokenExpiresAt - now <= ExpiryWarning ? LocationState.Expiring
        : LocationState.Valid;

    /// <summary>The state after an error: only those about the content token itself change it.</summary>
    public static LocationState AfterError(LocationState current, AppleErrorKind fault) =>
        (current, fault) switch
        {
            (LocationState.Pending or LocationState.Removed, _) => current,
            (_, AppleErrorKind.TokenExpired) => LocationState.Expired,
            (_, AppleErrorKind.TokenRevoked) => LocationState.Revoked,
            (_, AppleErrorKind.TokenInvalid) => LocationState.Invalid,
            _ => current,
        };

    /// <summary>
    /// The event that tells of having come into this state; null where there is nothing to tell. That the token's end is near is told
    /// in steps, not by the state.
    /// </summary>
    public static string? EventFor(LocationState state) =>
        state switch
        {
            LocationState.Expired => EventNames.LocationTokenExpired,
            // To a consumer the two are one: the token is dead before its date. The data says which.
            LocationState.Revoked or LocationState.Invalid => EventNames.LocationTokenRevoked,
            LocationState.TakenOver => EventNames.LocationTakenOver,
            _ => null,
        };

    /// <summary>The word that is stored and shown.</summary>
    public static string ToWireName(this LocationState state) =>
        state switch
        {
            LocationState.Pending => "pending",
            LocationState.Valid => "valid",
            LocationState.Expiring => "expiring",
            LocationState.Expired => "expired",
            LocationState.Revoked => "revoked",
            LocationState.Invalid => "invalid",
            LocationState.TakenOver => "taken-over",
            LocationState.Removed => "removed",
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "There is no such state."),
        };

    public static LocationState Parse(string word) =>
        Enum.GetValues<LocationState>()
            .Where(state => state.ToWireName() == word)
            .Select(state => (LocationState?)state)
            .FirstOrDefault()
        ?? throw new ArgumentException($"There is no location state '{word}'.", nameof(word));
}
