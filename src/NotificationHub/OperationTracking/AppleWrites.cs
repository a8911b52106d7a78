using NotificationHub.Apple;
using NotificationHub.Locations;
using NotificationHub.Storage;
using WriteRequest = NotificationHub.Apple.WriteRequest;

namespace NotificationHub.OperationTracking;

/// <summary>A change at Apple that an operator requests, such as the association of an app.</summary>
/// <param name="MissingOnly">Whether to read the records back first, and to request only what is missing.</param>
internal sealed record AppleWrite(string LocationId, WriteRequest Request, bool MissingOnly = false);

/// <summary>A request that Apple accepted, and works on.</summary>
/// <param name="Tasks">Assets × users and devices, or users; null if only Apple knows it.</param>
internal sealed record AcceptedWrite(string EventId, string Kind, long? Tasks);

/// <summary>Sends changes to Apple, and announces them to operation tracking as an MDM would.</summary>
internal sealed class AppleWrites(
    Database database,
    LocationApple apple,
    Announcements announcements,
    TimeProvider time
)
{
    /// <returns>The accepted requests; none if nothing was missing.</returns>
    /// <exception cref="LocationException">The hub does not call Apple for the location. Nothing was sent.</exception>
    /// <exception cref="AppleWriteException">Apple did not accept all requests.</exception>
    public async Task<IReadOnlyList<AcceptedWrite>> SendAsync(
        AppleWrite write,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var location = await FindAsync(write.LocationId, cancellationToken);
        using var rate = new RequestRate(time, LocationApple.RequestsPerSecond);
        var session = apple.Open(location, rate);
        List<AcceptedWrite> accepted = [];
        try
        {
            IReadOnlyList<WriteRequest> requests = write.MissingOnly
                ? await session.FindMissingAsync(write.Request, cancellationToken)
                : [write.Request];
            foreach (var request in requests)
            {
                var operation = await Start(session, request, cancellationToken);
                accepted.AddRange(await AnnounceAsync(write.LocationId, operation.Parts, actor));
            }

            return accepted;
        }
        catch (AppleException exception)
        {
            accepted.AddRange(await AnnounceAsync(write.LocationId, exception.Operation?.Parts ?? [], actor));
            await RecordReadOnlyAsync(location, exception);
            throw new AppleWriteException(write.LocationId, exception, accepted);
        }
    }

    private async Task<Location> FindAsync(string locationId, CancellationToken cancellationToken)
    {
        var location = await LocationStore.GetAsync(database, locationId, cancellationToken);
        return LocationStates.MayCallApple(location.State)
            ? location
            : throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"The hub does not call Apple for location {locationId}, because it is {location.StateName}. Nothing was sent."
            );
    }

    // Apple works on the accepted requests, even if the command is interrupted now.
    private async Task<IReadOnlyList<AcceptedWrite>> AnnounceAsync(
        string locationId,
        IEnumerable<OperationPart> parts,
        Actor actor
    )
    {
        List<AcceptedWrite> accepted =
        [
            .. parts
                .Where(part => part.EventId is not null)
                .Select(part => new AcceptedWrite(part.EventId!, part.Request.EventType!, part.Request.ItemCount)),
        ];
        await announcements.StoreAsync(
            [
                .. accepted.Select(write => new Announcement
                {
                    Location = locationId,
                    EventId = write.EventId,
                    Kind = write.Kind,
                    Tasks = write.Tasks,
                }),
            ],
            actor,
            CancellationToken.None
        );
        return accepted;
    }

    private static Task<AppleOperation> Start(
        AppleSession session,
        WriteRequest request,
        CancellationToken cancellationToken
    ) =>
        request switch
        {
            AssociateAssetsRequest associate => session.AssociateAssetsAsync(associate, cancellationToken),
            DisassociateAssetsRequest disassociate => session.DisassociateAssetsAsync(disassociate, cancellationToken),
            RevokeAssetsRequest revoke => session.RevokeAssetsAsync(revoke, cancellationToken),
            CreateUsersRequest create => session.CreateUsersAsync(create, cancellationToken),
            UpdateUsersRequest update => session.UpdateUsersAsync(update, cancellationToken),
            RetireUsersRequest retire => session.RetireUsersAsync(retire, cancellationToken),
            _ => throw new ArgumentException($"Unknown request {request.GetType().Name}.", nameof(request)),
        };

    private async Task RecordReadOnlyAsync(Location location, AppleException exception)
    {
        if (exception.Kind == AppleErrorKind.ReadOnlyToken)
        {
            await database.WriteAsync(
                transaction => LocationStore.SetTokenReadOnlyAsync(transaction, location),
                CancellationToken.None
            );
        }
    }
}

/// <summary>Apple did not accept a change, or only a part of it. The message says what was accepted, and what to do.</summary>
internal sealed class AppleWriteException(
    string locationId,
    AppleException exception,
    IReadOnlyCollection<AcceptedWrite> accepted
) : Exception(CreateMessage(locationId, exception, accepted), exception), IAuditedError
{
    public bool IsRejection => accepted.Count == 0 && !exception.IsOutcomeUnknown;

    public string AuditDetail => exception.Kind.ToString();

    private static string CreateMessage(
        string locationId,
        AppleException exception,
        IReadOnlyCollection<AcceptedWrite> accepted
    )
    {
        var reason =
            exception.Kind == AppleErrorKind.ReadOnlyToken
                ? $"The content token of location {locationId} is read-only, so Apple refuses changes."
                : exception.Message;
        var done =
            accepted.Count > 0
                ? $"Apple had accepted {accepted.Count} earlier requests ({string.Join(", ", accepted.Select(one => one.EventId))}); the hub tracks them."
            : exception.IsOutcomeUnknown ? "It is unknown whether Apple accepted the request."
            : "Nothing was changed.";
        var remedy =
            exception.Kind == AppleErrorKind.ReadOnlyToken
                ? $"Create a content token that allows changes, and run `locations renew-token {locationId}`."
            : accepted.Count > 0 || exception.IsOutcomeUnknown
                ? "Wait ten minutes, then run the same command with --missing-only: it reads the records back and sends only what is missing."
            : exception.IsTransient ? "Run the command again later."
            : "Correct the request, and run the command again.";
        return $"{reason} {done} {remedy}";
    }
}
