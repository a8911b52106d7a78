using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Refetch;

/// <summary>
/// Updates a location from Apple's responses: its owner, and the end of its content token. Reports records that cannot be stored.
/// </summary>
internal sealed partial class LocationStateUpdater(TimeProvider time, ILogger<LocationStateUpdater> logger)
{
    /// <summary>One such answer may be Apple's mistake, or the content token that was replaced a moment ago.</summary>
    private const int UnknownTokenAnswersUntilInvalid = 2;

    /// <exception cref="LocationClosedException">Another server has taken the location over.</exception>
    public async Task ObserveAsync(RefetchContext turn, RecordPage page)
    {
        var location = turn.Location;
        if (page.Skipped > 0)
        {
            Log.Skipped(logger, page.Skipped, location.LocationId);
        }

        var known = location.TokenExpiresAt is { } milliseconds
            ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds)
            : (DateTimeOffset?)null;
        var expiresAt = page.TokenExpirationDate ?? known;
        var state = LocationStates.AfterResponse(
            location.State,
            location.MdmId,
            page.MdmInfo?.Id,
            expiresAt,
            time.GetUtcNow()
        );
        if (state == location.State && expiresAt == known)
        {
            return;
        }

        await turn.WriteAsync(async transaction =>
        {
            if (expiresAt is { } date && date != known)
            {
                await LocationStore.SetTokenExpiryAsync(transaction, location, date);
            }

            await LocationStore.SetStateAsync(transaction, location, state, ReasonOf(state, page), page.MdmInfo);
        });
        turn.Location = location with
        {
            StateName = state.ToWireName(),
            TokenExpiresAt = expiresAt?.ToUnixTimeMilliseconds(),
        };
        // Even if the content token has been replaced meanwhile: the next turn uses the new one.
        if (!LocationStates.MayCallApple(state))
        {
            throw new LocationClosedException(location.LocationId, state);
        }
    }

    /// <summary>Brings the location into the state that an error about its content token means; an unknown one must be so twice in a row.</summary>
    public static async Task ObserveAsync(RefetchContext turn, AppleException fault)
    {
        turn.Token.ConsecutiveRejections += fault.Kind == AppleErrorKind.TokenInvalid ? 1 : 0;
        if (
            fault.Kind == AppleErrorKind.TokenInvalid
            && turn.Token.ConsecutiveRejections < UnknownTokenAnswersUntilInvalid
        )
        {
            return;
        }

        turn.Token.ConsecutiveRejections = 0;
        var state = LocationStates.AfterError(turn.Location.State, fault.Kind);
        if (state != turn.Location.State)
        {
            await turn.WriteAsync(transaction =>
                LocationStore.SetStateAsync(transaction, turn.Location, state, ErrorCode.From(fault))
            );
            // Even if the content token has been replaced meanwhile: this turn ends, and the next one uses the new token.
            turn.Location = turn.Location with
            {
                StateName = state.ToWireName(),
            };
        }
    }

    private static string? ReasonOf(LocationState state, RecordPage page) =>
        state == LocationState.TakenOver ? $"mdmInfo.id at Apple is {page.MdmInfo?.Id}" : null;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "{Records} records of location {LocationId} have no usable identity (missing, or too long for the database). They are skipped."
        )]
        public static partial void Skipped(ILogger logger, int records, string locationId);
    }
}
