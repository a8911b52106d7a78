using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>What a registration writes down before and after it asks Apple.</summary>
internal sealed class RegistrationStore(
    Database database,
    ReplicaBarrier replicas,
    ContentTokenProtector protector,
    TimeProvider time
)
{
    /// <summary>A new location, the pending one of an attempt that was interrupted, or one that stopped calling Apple and comes back.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="found">How Apple has the location configured.</param>
    /// <param name="plannedId">The location that was planned for and locked; null for the first plan.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="LocationException">The library is registered already, and its content token works.</exception>
    public async Task<RegistrationAttempt> PlanAsync(
        RegistrationRequest request,
        ClientConfig found,
        string? plannedId,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var known = found.UId is null ? null : await LocationStore.FindByUIdAsync(connection, found.UId);
        if (known is not null && !LocationStates.NeedsRegistration(known.State))
        {
            throw AlreadyRegistered(known.LocationId);
        }

        var locationId = known?.LocationId ?? plannedId ?? LocationId.Generate();
        if (plannedId is not null && plannedId != locationId)
        {
            throw AlreadyRegistered(null);
        }

        var mdmInfo = Ownership.Choose(request.MdmInfo, found.MdmInfo, locationId);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var location = new Location
        {
            LocationId = locationId,
            UId = found.UId,
            Name = found.LocationName,
            StateName = (known?.State ?? LocationState.Pending).ToWireName(),
            StateSince = now,
            ReceiveOnly = false,
            MdmId = mdmInfo.Id,
            MdmName = mdmInfo.Name,
            MdmMetadata = mdmInfo.Metadata,
            NotificationUrl = NotificationUrl.Of(request.HubUrl, locationId),
            ContentToken = protector.Protect(request.Token),
            TokenExpiresAt = (found.TokenExpirationDate ?? request.Token.ExpiresAt)?.ToUnixTimeMilliseconds(),
            CreatedAt = known?.CreatedAt ?? now,
        };
        return new RegistrationAttempt(location, mdmInfo, await SecretStore.PendingAsync(connection, locationId));
    }

    /// <summary>Has the secret accepted, and returns once every running hub does.</summary>
    /// <exception cref="LocationException">One of them does not in time; nothing is left behind.</exception>
    public async Task BeginAsync(
        LocationLock held,
        Location location,
        NotificationSecret secret,
        CancellationToken cancellationToken
    )
    {
        var version = await AddPendingAsync(held, location, secret, cancellationToken);
        try
        {
            await replicas.WaitAsync(version, cancellationToken);
        }
        catch
        {
            // Nobody has been told of the secret yet.
            await WithdrawAsync(location, secret);
            throw;
        }
    }

    /// <summary>Takes back what <see cref="BeginAsync"/> wrote: Apple certainly does not use the secret.</summary>
    public Task WithdrawAsync(Location location, NotificationSecret secret) =>
        database.WriteAsync(
            async transaction =>
            {
                await SecretStore.WithdrawAsync(transaction, location.LocationId, secret.Sha256);
                await LocationStore.IncrementVersionAsync(transaction);
            },
            // Also when the operator has had enough: half a location must not stay behind.
            CancellationToken.None
        );

    /// <summary>The secret of this digest is the one in use.</summary>
    /// <param name="held">The right to work on the location.</param>
    /// <param name="location">The row as it is to be from now on.</param>
    /// <param name="sha256">The secret's digest.</param>
    /// <param name="proven">Apple echoed it.</param>
    /// <param name="cancellationToken">Gives up before the transaction.</param>
    public Task CompleteAsync(
        LocationLock held,
        Location location,
        byte[] sha256,
        bool proven,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await held.EnsureAsync(transaction);
                await LocationStore.SaveAsync(transaction, location);
                await SecretStore.ConfirmAsync(transaction, location.LocationId, sha256, proven, location.StateSince);
                await LocationStore.IncrementVersionAsync(transaction);
                transaction.AppendEvents(LocationEvents.OfRegistration(location));
                await LocationStore.PublishExpiryAsync(transaction, location);
            },
            cancellationToken
        );

    private async Task<long> AddPendingAsync(
        LocationLock held,
        Location location,
        NotificationSecret secret,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await database.WriteAsync(
                async transaction =>
                {
                    await held.EnsureAsync(transaction);
                    // One that is registered stays as it is until Apple has certainly taken the new configuration.
                    if (location.State == LocationState.Pending)
                    {
                        await LocationStore.SaveAsync(transaction, location);
                    }

                    await EnsureRoomAsync(transaction, location);
                    var now = await transaction.NowAsync();
                    await SecretStore.AddAsync(transaction, location.LocationId, secret.Sha256, now);
                    return await LocationStore.IncrementVersionAsync(transaction);
                },
                cancellationToken
            );
        }
        catch (Exception exception) when (database.IsDuplicateKey(exception))
        {
            // The unique uId: somebody else registers the same library at this moment.
            throw AlreadyRegistered(null);
        }
    }

    // The hubs compare a post with so many secrets and no more: one that Apple uses must not fall out.
    private static async Task EnsureRoomAsync(WriteTransaction transaction, Location location)
    {
        var locationId = location.LocationId;
        var secrets = await SecretStore.ListAsync(transaction.Connection, locationId);
        if (secrets.Count(secret => secret.IsAccepted) >= SecretStore.MaxAccepted)
        {
            // Of those that were handed out the MDM has entered none that nothing came with, not even Apple's test.
            if (location.ReceiveOnly && await SecretStore.RetireOldestUnusedAsync(transaction, locationId) > 0)
            {
                return;
            }

            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The location {locationId} has {SecretStore.MaxAccepted} secrets of which Apple may use each, after as many attempts of unknown outcome. Nothing was "
                    + $"changed at Apple. Wait for {SecretStore.Grace.TotalMinutes:0} minutes, then run `locations verify {locationId}`: it finds out which one it is."
            );
        }
    }

    private static LocationException AlreadyRegistered(string? locationId) =>
        new(
            LocationErrorCode.AlreadyRegistered,
            locationId is null
                ? "This library is being registered by another command at this moment. Nothing was changed at Apple."
                : $"This library is registered already, as location {locationId}. Nothing was changed at Apple."
        );
}
