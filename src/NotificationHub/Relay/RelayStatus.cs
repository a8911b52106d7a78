using System.Data.Common;
using System.Diagnostics.Metrics;
using Dapper;
using NotificationHub.Health;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;
using NotificationHub.Telemetry;

namespace NotificationHub.Relay;

/// <summary>A relay target and its progress; every replica reads the same from the database. It contains no secret.</summary>
internal sealed record RelayTargetStatus
{
    public required string Target { get; init; }

    public required string Location { get; init; }

    /// <summary>The URL without its query.</summary>
    public required string Address { get; init; }

    public required bool HasSecret { get; init; }

    /// <summary><c>running</c> or <c>stopped</c>.</summary>
    public required string State { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastDeliveredAt { get; init; }

    public required long Pending { get; init; }

    public DateTimeOffset? OldestPendingAt { get; init; }

    public required long SetAside { get; init; }

    /// <summary>Since when every attempt has failed; null if the last one succeeded.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    public string? Failure { get; init; }

    public int? LastStatus { get; init; }

    /// <summary>Whether the URL, the secret or the hub's settings are probably wrong: not an outage.</summary>
    public bool IsRefusing =>
        Enum.GetValues<RelayFailure>().Any(failure => failure.IsRefusal() && failure.ToWireName() == Failure);

    /// <summary>For example <c>unauthorized (HTTP 401)</c>; null if the last attempt succeeded.</summary>
    public string? Error => Failure is null || LastStatus is null ? Failure : $"{Failure} (HTTP {LastStatus})";
}

internal sealed class RelayStatus : IStageStatus
{
    private const int MaxStages = 100;

    public async Task<IReadOnlyList<StageStatus>> ReadAsync(StageStatusQuery query, CancellationToken cancellationToken)
    {
        var (position, lastProgressAt) = await LogCursor.ReadAsync(query.Connection, RelayFanOut.Name);
        if (position is null)
        {
            return [];
        }

        var oldest = await query.Connection.QueryFirstOrDefaultAsync<DateTimeOffset?>(
            $"select received_at from notification_log where seq > @position order by seq {query.Connection.Limit("1")}",
            new { position }
        );
        var last = oldest is null
            ? 0
            : await query.Connection.ExecuteScalarAsync<long>("select max(seq) from notification_log");
        var fanOut = new StageStatus(RelayFanOut.Name)
        {
            Cursor = position,
            LastProgressAt = lastProgressAt,
            Backlog = oldest is null ? 0 : last - position.Value,
            OldestPendingAt = oldest,
        };
        return
        [
            fanOut,
            .. (await ListAsync(query.Connection))
                .Where(target => target is { State: RelayTargetState.Running, Pending: > 0 })
                .OrderBy(target => target.OldestPendingAt)
                .Take(MaxStages)
                .Select(CreateStage),
        ];
    }

    public static Task<IReadOnlyList<RelayTargetStatus>> ListAsync(DbConnection connection) =>
        ListAsync(connection, locationId: null);

    public static async Task<IReadOnlyList<RelayTargetStatus>> ListAsync(DbConnection connection, string? locationId)
    {
        var targets = await RelayTargetStore.ListAsync(connection, locationId);
        if (targets.Count == 0)
        {
            return [];
        }

        var counts = (
            await connection.QueryAsync<(string Target, long Pending, DateTimeOffset? Oldest, long SetAside)>(
                """
                select t.target_id,
                    (select count(*) from relay_delivery d where d.target_id = t.target_id and d.state = 'pending'),
                    (select min(d.pending_since) from relay_delivery d where d.target_id = t.target_id and d.state = 'pending'),
                    (select count(*) from relay_delivery d where d.target_id = t.target_id and d.state = 'set-aside')
                from relay_target t
                where @locationId is null or t.location_id = @locationId
                """,
                new { locationId }
            )
        ).ToDictionary(row => row.Target, StringComparer.Ordinal);
        return [.. targets.Select(target => Create(target, counts.GetValueOrDefault(target.TargetId)))];
    }

    private static RelayTargetStatus Create(
        RelayTarget target,
        (string Target, long Pending, DateTimeOffset? Oldest, long SetAside) counts
    ) =>
        new()
        {
            Target = target.TargetId,
            Location = target.LocationId,
            Address = target.Address,
            HasSecret = target.Secret is not null,
            State = target.State,
            CreatedAt = target.CreatedAt,
            LastDeliveredAt = target.LastDeliveredAt,
            Pending = counts.Pending,
            OldestPendingAt = counts.Oldest,
            SetAside = counts.SetAside,
            FailingSince = target.FailingSince,
            Failure = target.Failure,
            LastStatus = target.LastStatus,
        };

    // The location is what an operator knows, so the error names it.
    private static StageStatus CreateStage(RelayTargetStatus target) =>
        new($"{RelayFanOut.Name}:{target.Target}")
        {
            Leases = [RelayFanOut.Name],
            LastProgressAt = target.LastDeliveredAt,
            Backlog = target.Pending,
            OldestPendingAt = target.OldestPendingAt,
            Retrying = target.FailingSince is null ? 0 : 1,
            Error = target.Error is { } error ? $"location {target.Location}: {error}" : null,
        };
}

internal sealed class RelayMetrics
{
    private readonly Counter<long> deliveredNotifications;
    private readonly Counter<long> failedAttempts;
    private readonly Histogram<double> delay;
    private volatile IReadOnlyList<RelayTargetStatus> latest = [];

    public RelayMetrics(IMeterFactory meters, TimeProvider time)
    {
        var meter = meters.CreateHubMeter();
        deliveredNotifications = meter.CreateCounter<long>(
            "notificationhub.relay.delivered",
            "{notification}",
            "Notifications accepted by relay targets, by target."
        );
        failedAttempts = meter.CreateCounter<long>(
            "notificationhub.relay.failures",
            "{attempt}",
            "Failed attempts to forward a notification, by target and failure."
        );
        delay = meter.CreateHistogram(
            "notificationhub.relay.delay",
            "s",
            "Time from a notification's receipt to its acceptance by a relay target.",
            tags: null,
            DelayBuckets.Advice
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.backlog",
            () => Observe(target => target.Pending),
            "{notification}",
            "Notifications that a relay target has not accepted yet, by target."
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.oldest_undelivered_age",
            () =>
                Observe(target =>
                    target.OldestPendingAt is { } at ? Math.Max((time.GetUtcNow() - at).TotalSeconds, 0) : 0
                ),
            "s",
            "Age of the oldest notification that a relay target has not accepted yet, by target."
        );
        meter.CreateObservableGauge(
            "notificationhub.relay.set_aside",
            () => Observe(target => target.SetAside),
            "{notification}",
            "Notifications that were set aside for a relay target, by target."
        );
    }

    public void Delivered(string target, DateTimeOffset receivedAt, DateTimeOffset now)
    {
        deliveredNotifications.Add(1, Tag(target));
        delay.Record(DelayBuckets.Seconds(receivedAt, now));
    }

    public void Failed(string target, RelayFailure failure) =>
        failedAttempts.Add(1, Tag(target), KeyValuePair.Create<string, object?>("failure", failure.ToWireName()));

    public void Measured(IReadOnlyList<RelayTargetStatus> targets) => latest = targets;

    /// <summary>Only the replica that relays reports the gauges.</summary>
    public void Clear() => latest = [];

    private IEnumerable<Measurement<T>> Observe<T>(Func<RelayTargetStatus, T> measure)
        where T : struct => latest.Select(target => new Measurement<T>(measure(target), Tag(target.Target)));

    private static KeyValuePair<string, object?> Tag(string target) => new("target", target);
}
