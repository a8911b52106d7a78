using System.ComponentModel;
using NotificationHub.Locations;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Relay;

// A class, because a record's ToString would print the secret.
/// <summary>A relay target to add, as received by a command or over HTTP.</summary>
internal sealed class RelayTargetInput
{
    [Description("The URL that receives the location's notifications. It must be https.")]
    public string? Url { get; init; }

    [Description("The secret for the header Authorization: Bearer. Omit it for a new target to send no such header.")]
    public string? Secret { get; init; }
}

/// <summary>The use cases of relay targets, for the commands and the admin API.</summary>
internal sealed class RelayService(
    Database database,
    AuditTrail audit,
    ContentTokenProtector protector,
    IHostEnvironment environment,
    TimeProvider time
)
{
    public Task<IReadOnlyList<RelayTargetStatus>> ListAsync(string? locationId, CancellationToken cancellationToken) =>
        database.ReadAsync(connection => RelayStatus.ListAsync(connection, locationId), cancellationToken);

    public async Task<RelayTargetStatus> AddAsync(
        string locationId,
        RelayTargetInput input,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var (url, secret) = Parse(input);
        var target = await audit.RunAsync(
            actor,
            new AuditedAct("relay add", locationId, $"host {url.Host}"),
            async () =>
            {
                var location = await LocationStore.GetAsync(database, locationId, cancellationToken);
                if (location.State == LocationState.Removed)
                {
                    throw new LocationException(
                        LocationErrorCode.NotAllowed,
                        $"Location {locationId} was removed. Nothing was changed. Register the library again."
                    );
                }

                var encrypted = secret is null ? null : protector.Protect(secret);
                return await database.WriteAsync(
                    async transaction =>
                    {
                        if (encrypted is null)
                        {
                            await RefuseToDeleteSecretAsync(transaction, locationId, url);
                        }

                        return await RelayTargetStore.AddAsync(transaction, locationId, url, encrypted);
                    },
                    cancellationToken
                );
            }
        );
        return (await ListAsync(locationId, cancellationToken)).Single(one => one.Target == target.TargetId);
    }

    /// <param name="targetId">Null for all targets of the location; for its only one if the state is <c>removed</c>.</param>
    /// <param name="state"><c>running</c>, <c>stopped</c> or <c>removed</c>.</param>
    public Task<IReadOnlyList<RelayTargetStatus>> SetStateAsync(
        string locationId,
        string? targetId,
        string state,
        Actor actor,
        CancellationToken cancellationToken
    )
    {
        var action =
            state == RelayTargetState.Running ? "relay start"
            : state == RelayTargetState.Stopped ? "relay stop"
            : "relay remove";
        return audit.RunAsync(
            actor,
            new AuditedAct(action, locationId, Describe(targetId)),
            async () =>
            {
                var targets = await SelectAsync(
                    locationId,
                    targetId,
                    state == RelayTargetState.Removed,
                    cancellationToken
                );
                await database.WriteAsync(
                    async transaction =>
                    {
                        foreach (var target in targets)
                        {
                            await (
                                state == RelayTargetState.Removed
                                    ? RelayTargetStore.RemoveAsync(transaction, target.Target)
                                    : RelayTargetStore.SetStateAsync(transaction, target.Target, state)
                            );
                        }
                    },
                    cancellationToken
                );
                return (IReadOnlyList<RelayTargetStatus>)
                    [.. targets.Select(target => target with { State = state, FailingSince = null, Failure = null })];
            }
        );
    }

    /// <param name="targetId">Null for all targets of the location.</param>
    /// <param name="seqs">Empty for all notifications that were set aside.</param>
    /// <returns>How many notifications will be sent again.</returns>
    public Task<int> ResendAsync(
        string locationId,
        string? targetId,
        IReadOnlyCollection<long> seqs,
        Actor actor,
        CancellationToken cancellationToken
    ) =>
        audit.RunAsync(
            actor,
            new AuditedAct("relay resend", locationId, Describe(targetId)),
            async () =>
            {
                var resent = 0;
                foreach (var target in await SelectAsync(locationId, targetId, isSingle: false, cancellationToken))
                {
                    resent += await ResendAsync(target.Target, seqs, cancellationToken);
                }

                return resent;
            }
        );

    public async Task<IReadOnlyList<SetAsideDelivery>> ListSetAsideAsync(
        string locationId,
        string? targetId,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        var target = (await SelectAsync(locationId, targetId, isSingle: true, cancellationToken))[0].Target;
        return await database.ReadAsync(
            connection => connection.ListSetAsideAsync(target, after, limit),
            cancellationToken
        );
    }

    // In short transactions, because a day's notifications may be many.
    private async Task<int> ResendAsync(
        string targetId,
        IReadOnlyCollection<long> seqs,
        CancellationToken cancellationToken
    )
    {
        var resent = 0;
        var after = 0L;
        while (
            await database.ReadAsync(
                connection => connection.ListSetAsideAsync(targetId, after, RelayDeliveries.ChunkRows),
                cancellationToken
            )
                is { Count: > 0 } page
        )
        {
            long[] chosen = [.. page.Select(row => row.Seq).Where(seq => seqs.Count == 0 || seqs.Contains(seq))];
            resent += await database.WriteAsync(
                transaction => RelayDeliveries.ResendAsync(transaction, targetId, chosen, time.GetStoredUtcNow()),
                cancellationToken
            );
            after = page[^1].Seq;
        }

        return resent;
    }

    private static async Task RefuseToDeleteSecretAsync(WriteTransaction transaction, string locationId, Uri url)
    {
        var targets = await RelayTargetStore.ListAsync(transaction.Connection, locationId);
        if (targets.FirstOrDefault(target => target.Uri == url && target.Secret is not null) is { } known)
        {
            throw new LocationException(
                LocationErrorCode.NotAllowed,
                $"Relay target {known.TargetId} of location {locationId} has this URL and a secret. Nothing was changed. "
                    + "To replace the secret, specify it (--relay-secret-file, or secret over HTTP). "
                    + "To forward without a secret, remove the target and add it again; its backlog is then not forwarded."
            );
        }
    }

    /// <param name="isSingle">Whether the location must have only one target if none is named.</param>
    private async Task<IReadOnlyList<RelayTargetStatus>> SelectAsync(
        string locationId,
        string? targetId,
        bool isSingle,
        CancellationToken cancellationToken
    )
    {
        var targets = (await ListAsync(locationId, cancellationToken))
            .Where(target => targetId is null || target.Target == targetId)
            .ToList();
        if (isSingle && targets.Count > 1)
        {
            throw new LocationException(
                LocationErrorCode.BadInput,
                $"Location {locationId} has {targets.Count} relay targets. Nothing was changed. Specify one with --target."
            );
        }

        return targets.Count > 0
            ? targets
            : throw new LocationException(
                LocationErrorCode.NotFound,
                targetId is null
                    ? $"Location {locationId} does not exist or has no relay target. Nothing was changed. `relay status` lists the targets."
                    : $"Location {locationId} has no relay target {targetId}. Nothing was changed. `relay status` lists the targets."
            );
    }

    private (Uri Url, RelaySecret? Secret) Parse(RelayTargetInput input)
    {
        RelaySecret? secret = null;
        if (!RelayUrl.TryParse(input.Url, environment.IsDevelopment(), out var url, out var error))
        {
            throw Invalid($"The URL {error}");
        }

        return input.Secret is null || RelaySecret.TryParse(input.Secret, out secret, out error)
            ? (url, secret)
            : throw Invalid($"The secret {error}");
    }

    private static LocationException Invalid(string error) =>
        new(LocationErrorCode.BadInput, $"{error}. Nothing was changed.");

    private static string Describe(string? targetId) => targetId is null ? "all targets" : $"target {targetId}";
}
