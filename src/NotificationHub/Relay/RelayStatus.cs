using System.Data.Common;
using Dapper;
using NotificationHub.Health;
using NotificationHub.Locations.RelayTargets;
using NotificationHub.Storage;

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
