using NotificationHub.Apple;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Secrets;

/// <param name="Location">The row as it is now.</param>
/// <param name="IsResumed">Nothing was posted: an earlier attempt of unknown outcome was found to have taken effect.</param>
internal sealed record RotationResult(Location Location, bool IsResumed);

/// <summary>What may be done beyond what is always right.</summary>
/// <param name="TakeBack">Post our URL, types and secret although Apple has others.</param>
/// <param name="PostAnyhow">Post also where an earlier attempt is found to have taken effect.</param>
internal sealed record RotationOrder(bool TakeBack, bool PostAnyhow);

/// <summary>
/// Makes Apple use a new secret for a location. The new one is accepted by every hub before Apple hears of it; the old ones go on being accepted
/// until Apple was seen to use the new one, and a while longer. So it can end at any point and loses no post.
/// </summary>
internal sealed class SecretRotation(
    Database database,
    LocationOpener desk,
    RegistrationStore ledger,
    LocationConfiguration configuration
)
{
    /// <exception cref="LocationException">It did not come to its end; the fault says how things stand.</exception>
    public async Task<RotationResult> RollAsync(
        LockedLocation opened,
        AppleSession session,
        RotationOrder order,
        CancellationToken cancellationToken
    )
    {
        var pending = await PendingAsync(opened.Location.LocationId, cancellationToken);
        var reading = await desk.ReadAsync(opened, session, cancellationToken);
        var isOurs = reading.Found is { } answer && pending.Any(answer.Echoes);
        var found = Ensure(reading, order.TakeBack, isOurs);
        if (!order.PostAnyhow && isOurs)
        {
            return new RotationResult(reading.Location, IsResumed: true);
        }

        var attempt = AttemptOf(reading.Location, found);
        var secret = NotificationSecret.Generate();
        await ledger.BeginAsync(opened.Lock, attempt.Location, secret, cancellationToken);
        var set = await configuration.ApplyAsync(session, attempt, secret, cancellationToken);
        var location = await ConfirmAsync(opened.Lock, attempt, secret, set, cancellationToken);
        return new RotationResult(location, IsResumed: false);
    }

    private async Task<IReadOnlyList<byte[]>> PendingAsync(string locationId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await SecretStore.PendingAsync(connection, locationId);
    }

    /// <summary>We raise the alarm and never fight another server: what somebody else has set is overwritten only when told so.</summary>
    /// <param name="reading">What Apple has.</param>
    /// <param name="takeBack">Whether it was told so.</param>
    /// <param name="isOurs">Apple has what an attempt of our own posted, whose outcome was unknown.</param>
    private static ClientConfig Ensure(LocationReading reading, bool takeBack, bool isOurs)
    {
        var forbidding = reading.Differences.Where(one =>
            one.Setting switch
            {
                LocationDifferences.Url or LocationDifferences.Secret => !takeBack,
                // Each attempt asks for every type, also for those that were not to be had before.
                LocationDifferences.Types => !takeBack && !isOurs,
                _ => true,
            }
        );
        return forbidding.FirstOrDefault() is { } difference
            ? throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Apple has another {difference.Setting} for the location {reading.Location.LocationId} than is recorded"
                    + $"{(difference.Actual is null ? "" : $": {difference.Actual}")}. Nothing was changed at Apple. {difference.Advice}"
            )
            : reading.Found!;
    }

    private static RegistrationAttempt AttemptOf(Location location, ClientConfig found)
    {
        // The MDM may have changed its name or metadata meanwhile: both are its own.
        var recorded = new MdmInfo
        {
            Id = location.MdmId,
            Name = location.MdmName,
            Metadata = location.MdmMetadata,
        };
        var owner = Ownership.Choose(null, found.MdmInfo?.Id is null ? recorded : found.MdmInfo, location.LocationId);
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
        ClientConfig set,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                var location = attempt.Location with
                {
                    NotificationTypes = LocationStore.WriteTypes(set.SubscribedNotificationTypes),
                };
                await LocationStore.SetConfigurationAsync(transaction, location);
                await SecretStore.ConfirmAsync(
                    transaction,
                    location.LocationId,
                    secret.Sha256,
                    proven: set.Echoes(secret.Sha256),
                    await transaction.NowAsync()
                );
                return (await LocationCheck.FollowAsync(transaction, held, location, set)).Location;
            },
            cancellationToken
        );
}
