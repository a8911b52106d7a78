using NotificationHub.Apple;
using NotificationHub.FullSync;
using NotificationHub.Locations;
using NotificationHub.Locations.Monitoring;
using NotificationHub.Locations.Removal;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <param name="NotificationAuthToken">The only copy of a receive-only location's secret, for its MDM.</param>
/// <param name="ReplacedServer">The server whose URL the hub replaced at Apple; null if there was none.</param>
/// <param name="RelayTargets">The servers that accepted a test notification, and receive every notification from now on.</param>
internal sealed record AddedLocation(
    LocationDocument Location,
    string? NotificationAuthToken,
    ReplacedServerDocument? ReplacedServer,
    IReadOnlyList<ProvenTarget> RelayTargets
);

/// <param name="Differences">Where Apple's configuration differs from the hub's, with advice.</param>
internal sealed record ComparedLocation(LocationDocument Location, IReadOnlyList<LocationDifference> Differences);

/// <param name="Resumed">Whether an earlier rotation had taken effect and is now complete, without another secret.</param>
/// <param name="NotificationAuthToken">The only copy of a receive-only location's secret, for its MDM.</param>
/// <param name="ReplacedServer">The server whose URL the rotation overwrote at Apple; null if Apple had the hub's.</param>
/// <param name="RelayState">The state of the relay target for that server; null if the hub does not forward to it.</param>
internal sealed record RotatedLocation(
    LocationDocument Location,
    bool Resumed,
    string? NotificationAuthToken,
    ReplacedServerDocument? ReplacedServer = null,
    string? RelayState = null
);

internal sealed record RemovedLocation(LocationDocument Location, DeregistrationResult Apple);

/// <summary>The use cases of locations, for the commands, the admin API and the console.</summary>
internal sealed class LocationService(
    Database database,
    AuditTrail audit,
    LocationRegistration registration,
    LocationCheck check,
    LocationRotation rotation,
    LocationRenewal renewal,
    LocationTest test,
    LocationRemoval removal,
    ReconcileRequest reconciliation
)
{
    public async Task<Page<LocationDocument>> ListAsync(
        string? after,
        string? state,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        if (after is not null && await LocationStore.FindAsync(connection, after) is null)
        {
            throw LocationException.NotFound(after);
        }

        // One row more shows whether there is another page.
        var locations = await LocationStore.ListAsync(connection, after, limit + 1, state);
        var page = await LocationDocument.ReadAsync(connection, [.. locations.Take(limit)]);
        return new Page<LocationDocument>(page, locations.Count > limit ? page[^1].Id : null);
    }

    public async Task<LocationDetailsDocument> ShowAsync(string locationId, CancellationToken cancellationToken)
    {
        LocationRules.EnsureLocationId(locationId);
        return await database.ReadAsync(
            connection => LocationDetailsDocument.ReadAsync(connection, locationId),
            cancellationToken
        );
    }

    public async Task<AddedLocation> AddAsync(AddLocationInput input, Actor actor, CancellationToken cancellationToken)
    {
        if (input.ReceiveOnly)
        {
            var registered = await audit.RunAsync(
                actor,
                new AuditedAct("locations add --receive-only"),
                () =>
                    registration.RegisterReceiveOnlyAsync(new Uri(input.Url!), input.ReadRelayTo(), cancellationToken),
                added => added.Location.LocationId,
                added => Describe(null, added.Targets.Select(target => target.Host))
            );
            // No further read: nothing may fail once the only copy of the secret exists.
            return new AddedLocation(
                LocationDocument.From(registered.Location),
                registered.Secret.Reveal(),
                ReplacedServer: null,
                registered.Targets
            );
        }

        var request = new RegistrationRequest(
            ContentToken.Parse(input.ContentToken!),
            new Uri(input.Url!),
            new MdmInfo
            {
                Id = input.MdmId,
                Name = input.MdmName,
                Metadata = input.MdmMetadata,
            },
            input.ReadTakeover()
        );
        var added = await audit.RunAsync(
            actor,
            new AuditedAct(
                input.Relay ? "locations add --relay"
                : input.Replace ? "locations add --replace"
                : "locations add"
            ),
            () => registration.RegisterAsync(request, cancellationToken),
            added => added.Location.LocationId,
            added => Describe(added.Replaced, added.Targets.Select(target => target.Host))
        );
        return new AddedLocation(
            await DescribeAsync(added.Location, cancellationToken),
            null,
            ReplacedServerDocument.FromOptional(added.Replaced),
            added.Targets
        );
    }

    public async Task<ComparedLocation> VerifyAsync(string locationId, Actor actor, CancellationToken cancellationToken)
    {
        var result = await check.VerifyAsync(locationId, cancellationToken, new StateAudit(actor, "locations verify"));
        return await CompareAsync(result, cancellationToken);
    }

    public async Task<RotatedLocation> RotateSecretAsync(
        string locationId,
        bool overwrite,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var result = await audit.RunAsync(
            actor,
            new AuditedAct(overwrite ? "locations rotate-secret --overwrite" : "locations rotate-secret", locationId),
            () => rotation.RotateAsync(locationId, overwrite, cancellationToken),
            detailOf: rotated =>
                Describe(rotated.Overwritten, rotated.OverwrittenTarget is { } target ? [target.Uri.Authority] : [])
        );
        return result.HandedOut is { } secret
            ? new RotatedLocation(LocationDocument.From(result.Location), result.IsResumed, secret.Reveal())
            : new RotatedLocation(
                await DescribeAsync(result.Location, cancellationToken),
                result.IsResumed,
                NotificationAuthToken: null,
                ReplacedServerDocument.FromOptional(result.Overwritten),
                result.OverwrittenTarget?.State
            );
    }

    public async Task<ComparedLocation> RenewTokenAsync(
        RenewalInput input,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var result = await audit.RunAsync(
            actor,
            new AuditedAct("locations renew-token", input.LocationId),
            () => renewal.RenewAsync(input.LocationId, ContentToken.Parse(input.ContentToken!), cancellationToken)
        );
        return await CompareAsync(result, cancellationToken);
    }

    public Task<TestResult> TestAsync(
        string locationId,
        TimeSpan wait,
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        audit.RunAsync(
            actor,
            new AuditedAct("locations test", locationId),
            () => test.TestAsync(new TestRequest(locationId, wait), cancellationToken)
        );

    /// <summary>Requests a full reconciliation, and does not wait for it.</summary>
    public Task<RequestedReconciliations> ReconcileAsync(
        string locationId,
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        audit.RunAsync(
            actor,
            new AuditedAct("reconcile", locationId),
            () => reconciliation.RequestAsync(locationId, RecordKind.All, cancellationToken)
        );

    public async Task<RemovedLocation> RemoveAsync(
        RemoveRequest request,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var result = await audit.RunAsync(
            actor,
            new AuditedAct(
                request.DeleteData ? "locations remove --delete-data" : "locations remove",
                request.LocationId
            ),
            () => removal.RemoveAsync(request, cancellationToken)
        );
        return new RemovedLocation(await DescribeAsync(result.Location, cancellationToken), result.Apple);
    }

    /// <summary>What the audit log says about other servers.</summary>
    private static string? Describe(ReplacedConfiguration? replaced, IEnumerable<string> relayHosts)
    {
        string[] parts =
        [
            .. replaced is null ? (string[])[] : [$"replaced {replaced.Host}"],
            .. relayHosts.Select(host => $"relays to {host}"),
        ];
        return parts.Length == 0 ? null : string.Join(", ", parts);
    }

    private async Task<ComparedLocation> CompareAsync(LocationReading reading, CancellationToken cancellationToken) =>
        new(await DescribeAsync(reading.Location, cancellationToken), reading.Differences);

    private async Task<LocationDocument> DescribeAsync(Location location, CancellationToken cancellationToken) =>
        (await database.ReadAsync(connection => LocationDocument.ReadAsync(connection, location), cancellationToken))[
            0
        ];
}
