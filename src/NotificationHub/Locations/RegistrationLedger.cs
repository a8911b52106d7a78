using Microsoft.Data.Sqlite;
using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>What a registration writes down before and after it asks Apple.</summary>
internal sealed class RegistrationLedger(
    Database database,
    LocationStore locations,
    ReplicaWatch replicas,
    ContentTokenProtector protector,
    TimeProvider time
)
{
    /// <summary>A new location, the pending one of an attempt that was interrupted, or one that stopped calling Apple and comes back.</summary>
    /// <exception cref="LocationException">The library is registered already, and its content token works.</exception>
    public async Task<RegistrationAttempt> PlanAsync(
        RegistrationRequest request,
        ClientConfig found,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var known = found.UId is null ? null : await LocationStore.FindByUIdAsync(connection, found.UId);
        if (known is not null && !LocationStates.NeedsRegistration(known.State))
        {
            throw AlreadyRegistered(known.LocationId);
        }

        var locationId = known?.LocationId ?? LocationId.Mint();
        var mdmInfo = Ownership.Choose(request.MdmInfo, found.MdmInfo, locationId);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var location = new Location
        {
            LocationId = locationId,
            UId = found.UId,
            Name = found.LocationName,
            StateWord = (known?.State ?? LocationState.Pending).Word(),
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
    public async Task BeginAsync(Location location, NotificationSecret secret, CancellationToken cancellationToken)
    {
        var version = await AddPendingAsync(location, secret, cancellationToken);
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
                await locations.BumpAsync(transaction);
            },
            // Also when the operator has had enough: half a location must not stay behind.
            CancellationToken.None
        );

    /// <summary>The secret of this digest is the one in use.</summary>
    /// <param name="location">The row as it is to be from now on.</param>
    /// <param name="sha256">The secret's digest.</param>
    /// <param name="proven">Apple echoed it.</param>
    /// <param name="cancellationToken">Gives up before the transaction.</param>
    public Task CompleteAsync(Location location, byte[] sha256, bool proven, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await LocationStore.SaveAsync(transaction, location);
                await SecretStore.ConfirmAsync(transaction, location.LocationId, sha256, proven, location.StateSince);
                await locations.BumpAsync(transaction);
                await EventLog.AppendAsync(transaction, database, LocationEvents.OfRegistration(location));
                await locations.TellExpiryAsync(transaction, location);
            },
            cancellationToken
        );

    private async Task<long> AddPendingAsync(
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
                    // One that is registered stays as it is until Apple has certainly taken the new configuration.
                    if (location.State == LocationState.Pending)
                    {
                        await LocationStore.SaveAsync(transaction, location);
                    }

                    await SecretStore.AddAsync(transaction, location.LocationId, secret.Sha256, location.StateSince);
                    return await locations.BumpAsync(transaction);
                },
                cancellationToken
            );
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_CONSTRAINT)
        {
            // The unique uId: somebody else registers the same library at this moment.
            throw AlreadyRegistered(null);
        }
    }

    private static LocationException AlreadyRegistered(string? locationId) =>
        new(
            LocationFault.AlreadyRegistered,
            locationId is null
                ? "This library is being registered by another command at this moment. Nothing was changed at Apple."
                : $"This library is registered already, as location {locationId}. Nothing was changed at Apple."
        );
}
