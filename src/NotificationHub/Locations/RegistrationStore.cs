using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

internal sealed class RegistrationStore(
    Database database,
    ReplicaBarrier replicas,
    ContentTokenProtector protector,
    TakeoverPlanner takeovers,
    TimeProvider time
)
{
    /// <summary>Plans a new location, or resumes a pending or closed one under its ID.</summary>
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
            throw AlreadyRegistered(known.LocationId, found.NotificationUrl != known.NotificationUrl);
        }

        var locationId = known?.LocationId ?? plannedId ?? LocationId.Generate();
        if (plannedId is not null && plannedId != locationId)
        {
            throw AlreadyRegistered(null);
        }

        var mdmInfo = RegistrationAttempt.ChooseOwner(request.MdmInfo, found.MdmInfo, locationId);
        var now = time.GetStoredUtcNow();
        var location = new Location
        {
            LocationId = locationId,
            UId = found.UId,
            Name = found.LocationName,
            Country = found.CountryISO2ACode,
            StateName = (known?.State ?? LocationState.Pending).ToWireName(),
            StateSince = now,
            ReceiveOnly = false,
            MdmId = mdmInfo.Id,
            MdmName = mdmInfo.Name,
            MdmMetadata = mdmInfo.Metadata,
            NotificationUrl = NotificationUrl.Create(request.HubUrl, locationId),
            ContentToken = protector.Protect(request.Token),
            TokenExpiresAt = (found.TokenExpirationDate ?? request.Token.ExpiresAt),
            CreatedAt = known?.CreatedAt ?? now,
        };
        return new RegistrationAttempt(location, mdmInfo, await SecretStore.ListPendingAsync(connection, locationId))
        {
            Takeover = await takeovers.PlanAsync(connection, location, found, request.Takeover ?? new(), now),
        };
    }

    /// <summary>Stores the takeover, adds a pending secret, and returns when every running replica accepts it.</summary>
    public async Task BeginAsync(
        LocationLock held,
        Location location,
        NotificationSecret secret,
        Takeover takeover,
        CancellationToken cancellationToken
    )
    {
        var version = await AddPendingAsync(held, location, secret, takeover, cancellationToken);
        try
        {
            await replicas.WaitAsync(version, cancellationToken);
        }
        catch
        {
            // Neither Apple nor an MDM knows the secret yet.
            await WithdrawAsync(location, secret, takeover);
            throw;
        }
    }

    /// <summary>Undoes <see cref="BeginAsync"/>, because Apple certainly does not use the secret.</summary>
    public Task WithdrawAsync(Location location, NotificationSecret secret, Takeover takeover) =>
        database.WriteAsync(
            async transaction =>
            {
                await takeover.WithdrawAsync(transaction, location.LocationId);
                await SecretStore.WithdrawAsync(transaction, location.LocationId, secret.Sha256);
                await LocationStore.IncrementVersionAsync(transaction);
            },
            // A canceled command must not leave half a location behind.
            CancellationToken.None
        );

    /// <param name="proven">Whether Apple echoed the secret.</param>
    /// <param name="takeover">What is not stored yet, or remains to do.</param>
    public Task CompleteAsync(
        LocationLock held,
        Location location,
        byte[] sha256,
        bool proven,
        Takeover takeover,
        CancellationToken cancellationToken
    ) =>
        database.WriteAsync(
            async transaction =>
            {
                await held.EnsureAsync(transaction);
                await LocationStore.SaveAsync(transaction, location);
                await takeover.SaveAsync(transaction, location.LocationId);
                await takeover.CompleteAsync(transaction);
                await SecretStore.ConfirmAsync(transaction, location.LocationId, sha256, proven, location.StateSince);
                await LocationStore.IncrementVersionAsync(transaction);
                transaction.AppendEvents(LocationEventFactory.CreateRegistered(location));
                await LocationStore.PublishExpiryAsync(transaction, location);
            },
            cancellationToken
        );

    private async Task<long> AddPendingAsync(
        LocationLock held,
        Location location,
        NotificationSecret secret,
        Takeover takeover,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await database.WriteAsync(
                async transaction =>
                {
                    await held.EnsureAsync(transaction);
                    // A registered location keeps its row until Apple has certainly applied the new configuration.
                    if (location.State == LocationState.Pending)
                    {
                        await LocationStore.SaveAsync(transaction, location);
                    }

                    await takeover.SaveAsync(transaction, location.LocationId);
                    await EnsureCapacityAsync(transaction, location);
                    var now = await transaction.NowAsync();
                    await SecretStore.AddAsync(transaction, location.LocationId, secret.Sha256, now);
                    return await LocationStore.IncrementVersionAsync(transaction);
                },
                cancellationToken
            );
        }
        catch (Exception exception) when (database.IsDuplicateKey(exception))
        {
            // The unique uId: another command is registering the same library.
            throw AlreadyRegistered(null);
        }
    }

    // Intake compares a delivery with a fixed number of secrets, so a secret that Apple may use must not exceed it.
    private static async Task EnsureCapacityAsync(WriteTransaction transaction, Location location)
    {
        var locationId = location.LocationId;
        var secrets = await SecretStore.ListAsync(transaction.Connection, locationId);
        if (secrets.Count(secret => secret.IsAccepted) < SecretStore.MaxAccepted)
        {
            return;
        }

        // The MDM of a receive-only location has not configured a secret without any delivery, not even Apple's test.
        if (location.ReceiveOnly && await SecretStore.RetireOldestUnusedAsync(transaction, locationId) > 0)
        {
            return;
        }

        throw new LocationException(
            LocationErrorCode.NotAllowed,
            $"Location {locationId} has {SecretStore.MaxAccepted} secrets that Apple may use, after attempts with an unknown outcome. "
                + $"Nothing was changed at Apple. Wait {SecretStore.Grace.TotalMinutes:0} minutes, run `locations verify {locationId}`, "
                + "then repeat the command."
        );
    }

    private static LocationException AlreadyRegistered(string? locationId, bool hasOtherUrl = false) =>
        new(
            LocationErrorCode.AlreadyRegistered,
            locationId is null
                ? "Another command is registering this library. Nothing was changed at Apple. Wait for that command to finish."
                : $"This library is registered already, as location {locationId}. Nothing was changed at Apple."
                    + (
                        hasOtherUrl
                            ? $" Apple has another notification URL: `locations rotate-secret {locationId} --overwrite` sets the hub's again."
                            : ""
                    )
        );
}
