using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Refetch.Reading;
using NotificationHub.Refetch.Scheduling;

namespace NotificationHub.Refetch;

/// <summary>Updates a location's state, and the expiry of its content token, from Apple's responses.</summary>
internal sealed partial class LocationStateUpdater(TimeProvider time, ILogger<LocationStateUpdater> logger)
{
    // One such response may be Apple's error, or about a content token that was just replaced.
    private const int MaxUnknownTokenResponses = 2;

    public async Task UpdateAsync(RefetchContext context, RecordPage page)
    {
        var location = context.Location;
        if (page.Skipped > 0)
        {
            Log.Skipped(logger, page.Skipped, location.LocationId);
        }

        var known = location.TokenExpiresAt;
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

        await context.WriteAsync(async transaction =>
        {
            if (expiresAt is { } date && date != known)
            {
                await LocationStore.SetTokenExpiryAsync(transaction, location, date);
            }

            await LocationStore.SetStateAsync(transaction, location, state, GetReason(state, page), page.MdmInfo);
        });
        context.Location = location with { StateName = state.ToWireName(), TokenExpiresAt = expiresAt };
        // Even if the content token has been replaced meanwhile: the next slot uses the new one.
        if (!LocationStates.MayCallApple(state))
        {
            throw new LocationClosedException(location.LocationId, state);
        }
    }

    /// <summary>Sets the state after an error about the content token; an unknown token must be reported twice in a row.</summary>
    public static async Task UpdateAsync(RefetchContext context, AppleException exception)
    {
        context.Token.ConsecutiveRejections += exception.Kind == AppleErrorKind.TokenInvalid ? 1 : 0;
        if (
            exception.Kind == AppleErrorKind.TokenInvalid
            && context.Token.ConsecutiveRejections < MaxUnknownTokenResponses
        )
        {
            return;
        }

        context.Token.ConsecutiveRejections = 0;
        var state = LocationStates.AfterError(context.Location.State, exception.Kind);
        if (state != context.Location.State)
        {
            await context.WriteAsync(transaction =>
                LocationStore.SetStateAsync(transaction, context.Location, state, ErrorCode.From(exception))
            );
            // Even if the content token has been replaced meanwhile: this slot ends, and the next one uses the new token.
            context.Location = context.Location with
            {
                StateName = state.ToWireName(),
            };
        }
    }

    private static string? GetReason(LocationState state, RecordPage page) =>
        state == LocationState.TakenOver ? $"mdmInfo.id at Apple is {page.MdmInfo?.Id}" : null;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Warning,
            "Skipped {Records} records of location {LocationId}: their identity is missing, or too long for the database."
        )]
        public static partial void Skipped(ILogger logger, int records, string locationId);
    }
}
