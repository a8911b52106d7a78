using System.Data.Common;
using Dapper;
using NotificationHub.Apple;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Locations.Secrets;

namespace NotificationHub.Locations.Takeovers;

// Client Config has a single URL. The configuration of the server behind it is stored before the request to Apple, so that it is never lost.
internal sealed class TakeoverPlanner(ContentTokenProtector protector, IHostEnvironment environment)
{
    /// <exception cref="LocationException">Apple has another server's URL, and the request does not say what happens to that server.</exception>
    public async Task<Takeover> PlanAsync(
        DbConnection connection,
        Location location,
        ClientConfig found,
        TakeoverRequest request,
        DateTimeOffset now
    )
    {
        var before = await ReplacedConfigurations.FindAsync(connection, location.LocationId);
        var isHubs = await IsHubsAsync(connection, location, found);
        if (!isHubs && !IsAllowed(request, found.NotificationUrl))
        {
            throw Refused(found);
        }

        // The relay target of the removed location does not receive this location's notifications.
        var inherited = isHubs && before is null ? await InheritAsync(connection, location, found) : null;
        if (inherited is not null && !IsAllowed(request, inherited.NotificationUrl))
        {
            throw Refused(inherited);
        }

        var takeover = new Takeover
        {
            Before = before,
            Replaced = isHubs ? inherited : Create(location, found, request.RelayTo, now),
        };
        var targets = await RelayTargetStore.ListAsync(connection, location.LocationId);
        return PlanTargets(takeover, request, targets, isHubs);
    }

    public Takeover PlanReceiveOnly(RelayDestination? relayTo) =>
        relayTo is null ? Takeover.None : new Takeover { Targets = [CreateTarget(relayTo, targets: [])] };

    /// <param name="otherUrl">The other server's notification URL.</param>
    private static bool IsAllowed(TakeoverRequest request, string? otherUrl) =>
        request.Mode != TakeoverMode.Refuse
        || (request.RelayTo is { } relayTo && RelayUrl.AreEqual(otherUrl, relayTo.Url));

    // Another URL of the hub can be left by an earlier attempt with an unknown outcome, or by a location that was removed.
    private static async Task<bool> IsHubsAsync(DbConnection connection, Location location, ClientConfig found)
    {
        if (found.NotificationUrl is not { Length: > 0 } url)
        {
            return true;
        }

        var hubUrl = location.NotificationUrl![..^location.LocationId.Length];
        return url.StartsWith(hubUrl, StringComparison.Ordinal)
            || await connection.ExecuteScalarAsync<long>(
                """
                select
                    (select count(*) from location where notification_url = @url)
                    + (select count(*) from notification_secret where sha256 = @sha256)
                """,
                new { url, sha256 = found.NotificationAuthToken?.Sha256 ?? [] }
            ) > 0;
    }

    private static async Task<ReplacedConfiguration?> InheritAsync(
        DbConnection connection,
        Location location,
        ClientConfig found
    ) =>
        await ReplacedConfigurations.FindRemovedAsync(connection, found.NotificationUrl) is { } inherited
            ? inherited with
            {
                LocationId = location.LocationId,
            }
            : null;

    private ReplacedConfiguration Create(
        Location location,
        ClientConfig found,
        RelayDestination? relayTo,
        DateTimeOffset now
    )
    {
        // Apple may omit the secret. The operator's is for the same server if the URL is the same.
        if (
            !RelaySecret.TryParse(found.NotificationAuthToken?.Reveal(), out var secret, out _)
            && relayTo is not null
            && RelayUrl.AreEqual(found.NotificationUrl, relayTo.Url)
        )
        {
            secret = relayTo.Secret;
        }

        return new()
        {
            LocationId = location.LocationId,
            NotificationUrl = found.NotificationUrl!,
            Secret = secret is null ? null : protector.Protect(secret),
            NotificationTypes = LocationStore.WriteTypes(found.SubscribedNotificationTypes),
            MdmId = found.MdmInfo?.Id,
            MdmName = found.MdmInfo?.Name,
            MdmMetadata = found.MdmInfo?.Metadata,
            ReplacedAt = now,
        };
    }

    private Takeover PlanTargets(
        Takeover takeover,
        TakeoverRequest request,
        IReadOnlyList<RelayTarget> targets,
        bool isHubs
    )
    {
        var stored = takeover.Stored;
        List<NewRelayTarget> added = [];
        if (request.RelayTo is { } named)
        {
            added.Add(CreateTarget(named, targets));
            if (stored?.HasUrl(named.Url) == true)
            {
                return takeover with { Targets = added };
            }
        }

        var previous = targets.FirstOrDefault(target => stored?.HasUrl(target.Uri) == true);
        // If the hub has replaced the URL and forwards to it already, an earlier attempt did both.
        if (
            (request.Mode == TakeoverMode.Relay && !(isHubs && previous is not null))
            || (request.Mode == TakeoverMode.Update && !isHubs && previous is not null)
        )
        {
            added.Add(CreateTarget(stored ?? throw NothingToRelayTo(), targets));
        }

        return takeover with
        {
            Targets = added,
            Moved = request.Mode == TakeoverMode.Update && previous is null ? PlanMove(takeover, targets) : null,
            RemovedTargetId = request.Mode == TakeoverMode.Replace ? previous?.TargetId : null,
        };
    }

    private MovedRelayTarget? PlanMove(Takeover takeover, IReadOnlyList<RelayTarget> targets)
    {
        if (
            takeover is not { Before: { } before, Replaced: { } replaced }
            || targets.FirstOrDefault(target => before.HasUrl(target.Uri)) is not { } target
        )
        {
            return null;
        }

        if (!RelayUrl.TryParse(replaced.NotificationUrl, environment.IsDevelopment(), out var url, out var error))
        {
            throw new LocationException(
                LocationErrorCode.BadInput,
                $"The hub forwards notifications to {before.Host}, which has another URL at Apple now. The hub cannot forward them to "
                    + $"{replaced.Host}: the URL {error}. Nothing was changed at Apple. To stop forwarding, run "
                    + $"`relay remove {target.LocationId} --target {target.TargetId}`, then repeat the command."
            );
        }

        // Apple may omit the secret. Another host must not get the one of the previous host.
        var secret = replaced.Secret ?? (url.Authority == target.Uri.Authority ? target.Secret : null);
        return new MovedRelayTarget(target, url, secret);
    }

    private NewRelayTarget CreateTarget(RelayDestination named, IReadOnlyList<RelayTarget> targets) =>
        CreateTarget(named.Url.OriginalString, named.Secret is { } secret ? protector.Protect(secret) : null, targets);

    private NewRelayTarget CreateTarget(ReplacedConfiguration stored, IReadOnlyList<RelayTarget> targets) =>
        CreateTarget(
            stored.NotificationUrl,
            // Apple may omit the secret; the target's own is then the latest.
            stored.Secret
                ?? targets.FirstOrDefault(target => stored.HasUrl(target.Uri))?.Secret,
            targets
        );

    private NewRelayTarget CreateTarget(string text, byte[]? secret, IReadOnlyList<RelayTarget> targets) =>
        RelayUrl.TryParse(text, environment.IsDevelopment(), out var url, out var error)
            ? new NewRelayTarget(url, secret, targets.Any(target => target.Uri == url))
            : throw new LocationException(
                LocationErrorCode.BadInput,
                $"The hub cannot forward notifications to {NotificationUrl.ReadHost(text)}: the URL {error}. Nothing was changed at Apple."
            );

    private static LocationException NothingToRelayTo() =>
        new(
            LocationErrorCode.NotAllowed,
            "Apple sends this library's notifications to no other server, so --relay has no target. Nothing was changed at Apple. "
                + "Run the command again without --relay, or name the target with --relay-to."
        );

    private static LocationException Refused(ClientConfig found) =>
        Refused(
            "Apple already sends this library's notifications to another server",
            found.NotificationUrl!,
            found.SubscribedNotificationTypes,
            isRestorable: RelaySecret.TryParse(found.NotificationAuthToken?.Reveal(), out _, out _)
        );

    private static LocationException Refused(ReplacedConfiguration inherited) =>
        Refused(
            "Apple sends this library's notifications to the hub, in place of another server. The library was removed from the hub "
                + "without restoring that server's URL. The server is",
            inherited.NotificationUrl,
            LocationStore.ReadTypes(inherited.NotificationTypes),
            inherited.IsRestorable
        );

    private static LocationException Refused(
        string cause,
        string url,
        IReadOnlyList<string> types,
        bool isRestorable
    ) =>
        new(
            LocationErrorCode.OtherServer,
            string.Join(
                Environment.NewLine,
                $"{cause}: {NotificationUrl.ReadHost(url)} "
                    + $"({(types.Count == 0 ? "no types" : string.Join(", ", types.Order(StringComparer.Ordinal)))}). "
                    + "Nothing was changed at Apple. Run the command again with one of these options:",
                "  --relay         The hub forwards every notification to that server.",
                "  --replace       That server receives no more notifications.",
                "  --receive-only  Instead of --token-file. Nothing changes at Apple: the MDM sets the hub's URL itself.",
                isRestorable
                    ? "After --relay and --replace, `locations remove` restores that server's URL."
                    : "Apple returned no usable secret for that server, so `locations remove` cannot restore its URL, and --relay sends no secret. "
                        + "To avoid both, name its URL and secret with --relay-to and --relay-secret-file."
            )
        );
}
