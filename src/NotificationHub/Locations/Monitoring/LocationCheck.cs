using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <param name="Found">Null if Apple responded that the content token is no longer valid.</param>
internal sealed record LocationReading(
    Location Location,
    ClientConfig? Found,
    IReadOnlyList<LocationDifference> Differences
);

/// <summary>A person's read of Client Config, for an audit entry if it changes the location's state.</summary>
internal sealed record StateAudit(Actor Actor, string Action);

// Reads a location's Client Config and stores what follows: its state, the content token's expiry, the secret that Apple uses, and the
// settings that another party changed. It changes nothing at Apple.
internal sealed class LocationCheck(Database database, LocationLocks locks, LocationApple apple, TimeProvider time)
{
    /// <summary>Compares Apple's configuration of a location with the recorded one, in every state.</summary>
    /// <param name="audit">The person who verifies, for an audit entry if the location's state changes.</param>
    public async Task<LocationReading> VerifyAsync(
        string locationId,
        CancellationToken cancellationToken,
        StateAudit? audit = null
    )
    {
        await using var locked = await locks.OpenAsync(locationId, cancellationToken);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        return await ReadAsync(locked, apple.Open(locked.Location, rate), cancellationToken, audit);
    }

    public async Task<LocationReading> ReadAsync(
        LockedLocation locked,
        AppleSession session,
        CancellationToken cancellationToken,
        StateAudit? audit = null
    )
    {
        try
        {
            var found = await GetAsync(locked.Location, session, cancellationToken);
            return await database.WriteAsync(
                transaction => ApplyAsync(transaction, locked.Lock, locked.Location, found, audit),
                cancellationToken
            );
        }
        catch (AppleException error) when (error.IsTokenError)
        {
            return await CloseAsync(locked, error, audit, cancellationToken);
        }
        catch (AppleException error)
        {
            await RecordErrorAsync(locked, error, cancellationToken);
            throw new LocationException(
                LocationErrorCode.Refused,
                $"{error.Message} Nothing was changed at Apple. Run this command again later.",
                error
            );
        }
    }

    public static async Task<LocationReading> ApplyAsync(
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
        var replaced = await ReplacedConfigurations.FindAsync(transaction.Connection, location.LocationId);
        var differences = LocationDifferences.Find(location, found, secrets, replaced);
        await ApplyStateAsync(transaction, location, found, now, audit);
        await ApplySecretsAsync(transaction, location, found, secrets, now);
        await PublishDifferencesAsync(transaction, location, differences, now);
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
        catch (AppleException error)
            when (error.Kind == AppleErrorKind.TokenInvalid && LocationStates.MayCallApple(location.State))
        {
            return await session.GetClientConfigAsync(cancellationToken);
        }
    }

    private static async Task ApplyStateAsync(
        WriteTransaction transaction,
        Location location,
        ClientConfig found,
        DateTimeOffset now,
        StateAudit? audit
    )
    {
        var expiresAt = found.TokenExpirationDate ?? location.TokenExpiresAt;
        if (found.TokenExpirationDate is { } date)
        {
            await LocationStore.SetTokenExpiryAsync(transaction, location, date);
        }

        if (found.CountryISO2ACode is { } country && country != location.Country)
        {
            await LocationStore.SetCountryAsync(transaction, location.LocationId, country);
        }

        var state = LocationStates.AfterResponse(location.State, location.MdmId, found.MdmInfo?.Id, expiresAt, now);
        var reason = state == LocationState.TakenOver ? $"mdmInfo.id at Apple is {found.MdmInfo?.Id}" : null;
        await SetStateAsync(transaction, location, state, reason, found.MdmInfo, audit);
        await LocationStore.PublishExpiryAsync(
            transaction,
            location with
            {
                StateName = state.ToWireName(),
                TokenExpiresAt = expiresAt,
            }
        );
    }

    private static async Task SetStateAsync(
        WriteTransaction transaction,
        Location before,
        LocationState state,
        string? reason,
        MdmInfo? owner,
        StateAudit? audit
    )
    {
        if (await LocationStore.SetStateAsync(transaction, before, state, reason, owner) && audit is not null)
        {
            var detail = $"state {before.StateName} to {state.ToWireName()}";
            var act = new AuditedAct(audit.Action, before.LocationId, detail);
            await AuditLog.RecordAsync(transaction, audit.Actor, act, AuditOutcome.Succeeded);
        }
    }

    private static async Task ApplySecretsAsync(
        WriteTransaction transaction,
        Location location,
        ClientConfig found,
        IReadOnlyList<StoredSecret> secrets,
        DateTimeOffset now
    )
    {
        if (secrets.FirstOrDefault(secret => secret.IsAccepted && found.Echoes(secret.Sha256)) is not { } used)
        {
            return;
        }

        var changed = await SecretStore.ConfirmAsync(transaction, location.LocationId, used.Sha256, proven: true, now);
        changed += await SecretStore.RetireUnusedAsync(transaction, location.LocationId);
        // Most responses change nothing, and a new version makes every replica reload all secrets.
        if (changed > 0)
        {
            await LocationStore.IncrementVersionAsync(transaction);
        }
    }

    private static async Task PublishDifferencesAsync(
        WriteTransaction transaction,
        Location location,
        IReadOnlyList<LocationDifference> differences,
        DateTimeOffset now
    )
    {
        var written = LocationDifferences.Write(differences);
        var isNew = await LocationCheckStore.RecordAsync(transaction, location.LocationId, error: null, written, now);
        // If another server took over the location, its state reports that, and the settings are the new owner's.
        if (isNew && differences.Count > 0 && differences.All(one => one.Setting != LocationDifferences.Owner))
        {
            transaction.AppendEvents([LocationEventFactory.CreateSettingsChanged(location, differences, now)]);
        }
    }

    private Task<LocationReading> CloseAsync(
        LockedLocation locked,
        AppleException error,
        StateAudit? audit,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await locked.Lock.EnsureAsync(transaction);
                var location = locked.Location;
                var reason = ErrorCode.From(error);
                var state = LocationStates.AfterError(location.State, error.Kind);
                await SetStateAsync(transaction, location, state, reason, owner: null, audit);
                var now = await transaction.NowAsync();
                await LocationCheckStore.RecordAsync(transaction, location.LocationId, reason, differences: null, now);
                var difference = new LocationDifference(
                    LocationDifferences.Token,
                    LocationState.Valid.ToWireName(),
                    state.ToWireName(),
                    "The hub does not call Apple for this location. Download a new content token, then run `locations renew-token`."
                );
                return new LocationReading(await ReloadAsync(transaction, location), null, [difference]);
            },
            cancellationToken
        );

    private Task RecordErrorAsync(LockedLocation locked, AppleException error, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await locked.Lock.EnsureAsync(transaction);
                var location = locked.Location;
                var now = await transaction.NowAsync();
                await LocationCheckStore.RecordAsync(
                    transaction,
                    location.LocationId,
                    ErrorCode.From(error),
                    differences: null,
                    now
                );
                if (error.RetryAfter is { } pause)
                {
                    await LocationStore.PauseAsync(transaction, location, now + pause);
                }
            },
            cancellationToken
        );

    private static async Task<Location> ReloadAsync(WriteTransaction transaction, Location location) =>
        (await LocationStore.FindAsync(transaction.Connection, location.LocationId))!;
}
