using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <param name="HandedOut">The only copy of a receive-only location's new secret, for its MDM to configure.</param>
/// <param name="Overwritten">The other server's configuration that was overwritten; null if Apple had the hub's URL.</param>
/// <param name="OverwrittenTarget">The relay target for that server; null if the hub does not forward to it.</param>
internal sealed record RotateResult(
    Location Location,
    bool IsResumed,
    NotificationSecret? HandedOut = null,
    ReplacedConfiguration? Overwritten = null,
    RelayTarget? OverwrittenTarget = null
);

// Every replica accepts the new secret before Apple gets it, and the old ones until Apple was seen to use the new one, and a while longer.
// So the rotation can be interrupted at any point without losing a delivery.
/// <summary>Replaces the notification secret of a location.</summary>
internal sealed class LocationRotation(
    Database database,
    LocationLocks locks,
    LocationApple apple,
    ReplicaBarrier replicas,
    LocationCheck check,
    RegistrationStore store,
    LocationConfiguration configuration,
    TakeoverPlanner takeovers,
    TimeProvider time
)
{
    /// <param name="overwrite">Whether to overwrite another party's URL, secret or types at Apple.</param>
    public async Task<RotateResult> RotateAsync(string locationId, bool overwrite, CancellationToken cancellationToken)
    {
        await using var locked = await locks.OpenAsync(locationId, cancellationToken);
        LocationStates.EnsureCallable(locked.Location);
        await replicas.EnsureLiveAsync(cancellationToken);
        if (locked.Location.ReceiveOnly)
        {
            return await HandOutAsync(locked, cancellationToken);
        }

        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var session = apple.Open(locked.Location, rate);
        var result = await RotateAsync(locked, session, overwrite, mayResume: true, cancellationToken);
        return overwrite ? await DescribeOverwrittenAsync(result, cancellationToken) : result;
    }

    /// <param name="mayResume">Whether an earlier attempt that took effect suffices.</param>
    public async Task<RotateResult> RotateAsync(
        LockedLocation locked,
        AppleSession session,
        bool overwrite,
        bool mayResume,
        CancellationToken cancellationToken
    )
    {
        var pending = await database.ReadAsync(
            connection => SecretStore.ListPendingAsync(connection, locked.Location.LocationId),
            cancellationToken
        );
        var reading = await check.ReadAsync(locked, session, cancellationToken);
        var isOurs = reading.Found is { } found && pending.Any(found.Echoes);
        EnsureUnchanged(reading, overwrite, isOurs);
        if (mayResume && isOurs)
        {
            return new RotateResult(reading.Location, IsResumed: true);
        }

        var attempt = CreateAttempt(reading.Location, reading.Found!) with
        {
            Takeover = await PlanTakeoverAsync(reading, cancellationToken),
        };
        var secret = NotificationSecret.Generate();
        await store.BeginAsync(locked.Lock, attempt.Location, secret, attempt.Takeover, cancellationToken);
        var confirmed = await configuration.ApplyAsync(session, attempt, secret, cancellationToken);
        var location = await ConfirmAsync(locked.Lock, attempt, secret, confirmed, cancellationToken);
        return new RotateResult(location, IsResumed: false, Overwritten: attempt.Takeover.Replaced);
    }

    private Task<RotateResult> DescribeOverwrittenAsync(RotateResult result, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async connection =>
            {
                var locationId = result.Location.LocationId;
                // An earlier attempt with an unknown outcome stored what it replaced, but could not report it.
                var overwritten = result.IsResumed
                    ? await ReplacedConfigurations.FindAsync(connection, locationId)
                    : result.Overwritten;
                var targets = await RelayTargetStore.ListAsync(connection, locationId);
                return result with
                {
                    Overwritten = overwritten,
                    OverwrittenTarget = targets.FirstOrDefault(target => overwritten?.HasUrl(target.Uri) == true),
                };
            },
            cancellationToken
        );

    // The MDM configures the secret. The first delivery with it, other than a test, proves that; the older secrets retire after that.
    private async Task<RotateResult> HandOutAsync(LockedLocation locked, CancellationToken cancellationToken)
    {
        if (locked.Location.State == LocationState.Pending)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The registration of location {locked.Location.LocationId} was interrupted before its secret was printed, so the hub will delete it. "
                    + "Nothing was changed. Run `locations add --receive-only` again."
            );
        }

        var secret = NotificationSecret.Generate();
        await store.BeginAsync(locked.Lock, locked.Location, secret, Takeover.None, cancellationToken);
        return new RotateResult(locked.Location, IsResumed: false, secret);
    }

    // Two servers that each correct the other would never end: settings of another party are overwritten on request only.
    private static void EnsureUnchanged(LocationReading reading, bool overwrite, bool isOurs)
    {
        var blocking = reading.Differences.FirstOrDefault(one =>
            one.Setting switch
            {
                LocationDifferences.Url or LocationDifferences.Secret => !overwrite,
                // Each attempt subscribes to every type, even to those that Apple did not accept before.
                LocationDifferences.Types => !overwrite && !isOurs,
                _ => true,
            }
        );
        if (blocking is not null)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"For location {reading.Location.LocationId}, Apple has another {blocking.Setting} than the hub recorded"
                    + $"{(blocking.Actual is null ? "" : $": {blocking.Actual}")}. Nothing was changed at Apple. {blocking.Advice}"
            );
        }
    }

    private Task<Takeover> PlanTakeoverAsync(LocationReading reading, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
                takeovers.PlanAsync(
                    connection,
                    reading.Location,
                    reading.Found!,
                    new TakeoverRequest(TakeoverMode.Update),
                    time.GetStoredUtcNow()
                ),
            cancellationToken
        );

    private static RegistrationAttempt CreateAttempt(Location location, ClientConfig found)
    {
        // Name and metadata belong to the MDM, which may have changed them.
        var recorded = new MdmInfo
        {
            Id = location.MdmId,
            Name = location.MdmName,
            Metadata = location.MdmMetadata,
        };
        var owner = RegistrationAttempt.ChooseOwner(
            null,
            found.MdmInfo?.Id is null ? recorded : found.MdmInfo,
            location.LocationId
        );
        return new RegistrationAttempt(
            location with
            {
                MdmId = owner.Id,
                MdmName = owner.Name,
                MdmMetadata = owner.Metadata,
            },
            owner,
            PendingDigests: []
        );
    }

    private Task<Location> ConfirmAsync(
        LocationLock held,
        RegistrationAttempt attempt,
        NotificationSecret secret,
        ClientConfig confirmed,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                var location = attempt.Location with
                {
                    NotificationTypes = LocationStore.WriteTypes(confirmed.SubscribedNotificationTypes),
                };
                await LocationStore.SetConfigurationAsync(transaction, location);
                await SecretStore.ConfirmAsync(
                    transaction,
                    location.LocationId,
                    secret.Sha256,
                    proven: confirmed.Echoes(secret.Sha256),
                    await transaction.NowAsync()
                );
                return (await LocationCheck.ApplyAsync(transaction, held, location, confirmed)).Location;
            },
            cancellationToken
        );
}
