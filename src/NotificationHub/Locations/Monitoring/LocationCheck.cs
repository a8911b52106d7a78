using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>What a read of a location's Client Config has shown.</summary>
/// <param name="Location">The row as it is now.</param>
/// <param name="Found">Apple's answer; null where Apple answered that the content token is dead.</param>
/// <param name="Differences">What is not at Apple as it is recorded.</param>
internal sealed record LocationReading(
    Location Location,
    ClientConfig? Found,
    IReadOnlyList<LocationDifference> Differences
);

/// <summary>
/// Reads how Apple has a location configured, and writes down what follows: the location's state, the content token's end, which secret
/// Apple uses, and what somebody has changed behind our back. It changes nothing at Apple.
/// </summary>
internal sealed class LocationCheck(Database database)
{
    /// <param name="held">The right to work on the location.</param>
    /// <param name="location">The location as it was read under that right.</param>
    /// <param name="session">Its view of Apple.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="audit">Who asks, for an entry where the location's state changes by it.</param>
    /// <exception cref="AppleException">Apple did not answer, or did not like the request; that was noted.</exception>
    public async Task<LocationReading> ReadAsync(
        LocationLock held,
        Location location,
        AppleSession session,
        CancellationToken cancellationToken,
        StateAudit? audit = null
    )
    {
        try
        {
            var found = await GetAsync(location, session, cancellationToken);
            return await database.WriteAsync(
                transaction => FollowAsync(transaction, held, location, found, audit),
                cancellationToken
            );
        }
        catch (AppleException fault) when (fault.IsTokenFault)
        {
            return await CloseAsync(held, location, fault, audit, cancellationToken);
        }
        catch (AppleException fault)
        {
            await NoteAsync(held, location, fault, cancellationToken);
            throw;
        }
    }

    /// <summary>Writes down what follows from an answer.</summary>
    /// <param name="transaction">The transaction of whoever asked.</param>
    /// <param name="held">The right to work on the location.</param>
    /// <param name="location">The location as it is recorded.</param>
    /// <param name="found">The answer.</param>
    /// <param name="audit">Who asks, where no entry of its own tells of the act.</param>
    public static async Task<LocationReading> FollowAsync(
        WriteTransaction transaction,
        LocationLock held,
        Location location,
        ClientConfig found,
        StateAudit? audit = null
    )
    {
        await held.EnsureAsync(transaction);
        var now = await transaction.NowAsync();
        var secrets = await SecretStore.ListAsync(transaction.Connection, location.LocationId);
        var differences = LocationDifferences.Find(location, found, secrets);
        await FollowStateAsync(transaction, location, found, now, audit);
        await FollowSecretsAsync(transaction, location, found, secrets, now);
        await TellDifferencesAsync(transaction, location, differences, now);
        return new LocationReading(await ReloadAsync(transaction, location), found, differences);
    }

    // A single "unknown token" response may be Apple's mistake. It cannot close a location that is already closed.
    private static async Task<ClientConfig> GetAsync(
        Location location,
        AppleSession session,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
        catch (AppleException fault)
            when (fault.Kind == AppleErrorKind.TokenInvalid && LocationStates.MayCallApple(location.State))
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
    }

    private static async Task FollowStateAsync(
        WriteTransaction transaction,
        Location location,
        ClientConfig found,
        long now,
        StateAudit? audit
    )
    {
        var expiresAt = found.TokenExpirationDate?.ToUnixTimeMilliseconds() ?? location.TokenExpiresAt;
        if (found.TokenExpirationDate is { } date)
        {
            await LocationStore.SetTokenExpiryAsync(transaction, location, date);
        }

        var state = LocationStates.AfterResponse(
            location.State,
            location.MdmId,
            found.MdmInfo?.Id,
            expiresAt is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
            DateTimeOffset.FromUnixTimeMilliseconds(now)
        );
        var isChanged = await LocationStore.SetStateAsync(
            transaction,
            location,
            state,
            state == LocationState.TakenOver ? $"mdmInfo.id at Apple is {found.MdmInfo?.Id}" : null,
            found.MdmInfo
        );
        if (isChanged && audit is not null)
        {
            await audit.RecordAsync(transaction, location, state);
        }

        await LocationStore.PublishExpiryAsync(
            transaction,
            location with
            {
                StateName = state.ToWireName(),
                TokenExpiresAt = expiresAt,
            }
        );
    }

    private static async Task FollowSecretsAsync(
        WriteTransaction transaction,
        Location location,
        ClientConfig found,
        IReadOnlyList<StoredSecret> secrets,
        long now
    )
    {
        if (secrets.FirstOrDefault(secret => secret.IsAccepted && found.Echoes(secret.Sha256)) is not { } used)
        {
            return;
        }

        // Every hub loads all secrets anew when told of a change, and most answers change nothing.
        var changed = await SecretStore.ConfirmAsync(transaction, location.LocationId, used.Sha256, proven: true, now);
        changed += await SecretStore.RetireUnusedAsync(transaction, location.LocationId);
        if (changed > 0)
        {
            await LocationStore.IncrementVersionAsync(transaction);
        }
    }

    private static async Task TellDifferencesAsync(
        WriteTransaction transaction,
        Location location,
        IReadOnlyList<LocationDifference> differences,
        long now
    )
    {
        // Another owner is told of by the location's state, and what it has set is its own affair.
        LocationDifference[] settings = differences.Any(one => one.Setting == LocationDifferences.Owner)
            ? []
            : [.. differences];
        var written = LocationDifferences.Write(differences);
        if (
            await LocationCheckStore.NoteAsync(transaction, location.LocationId, error: null, written, now)
            && settings.Length > 0
        )
        {
            transaction.AppendEvents([LocationEvents.OfSettings(location, settings, now)]);
        }
    }

    private Task<LocationReading> CloseAsync(
        LocationLock held,
        Location location,
        AppleException fault,
        StateAudit? audit,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await held.EnsureAsync(transaction);
                var words = ErrorCode.From(fault);
                var state = LocationStates.AfterError(location.State, fault.Kind);
                var isChanged = await LocationStore.SetStateAsync(transaction, location, state, words);
                if (isChanged && audit is not null)
                {
                    await audit.RecordAsync(transaction, location, state);
                }

                var now = await transaction.NowAsync();
                await LocationCheckStore.NoteAsync(transaction, location.LocationId, words, differences: null, now);
                var difference = new LocationDifference(
                    LocationDifferences.Token,
                    LocationState.Valid.ToWireName(),
                    state.ToWireName(),
                    "Apple is not asked any more. Download a new content token, and give it with `locations renew`."
                );
                return new LocationReading(await ReloadAsync(transaction, location), null, [difference]);
            },
            cancellationToken
        );

    private Task NoteAsync(
        LocationLock held,
        Location location,
        AppleException fault,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await held.EnsureAsync(transaction);
                var now = await transaction.NowAsync();
                await LocationCheckStore.NoteAsync(transaction, location.LocationId, ErrorCode.From(fault), null, now);
                if (fault.RetryAfter is { } pause)
                {
                    await LocationStore.PauseAsync(transaction, location, now + (long)pause.TotalMilliseconds);
                }
            },
            cancellationToken
        );

    private static async Task<Location> ReloadAsync(WriteTransaction transaction, Location location) =>
        (await LocationStore.FindAsync(transaction.Connection, location.LocationId))!;
}
