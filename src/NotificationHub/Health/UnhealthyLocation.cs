using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Health;

/// <summary>A location that an operator has to look at.</summary>
/// <param name="Location">Its id.</param>
/// <param name="State">Its state, as <c>locations list</c> shows it.</param>
/// <param name="Reason">What is wrong with it.</param>
/// <param name="Since">Since when, where that is known.</param>
internal sealed record UnhealthyLocation(string Location, string State, string? Reason, DateTimeOffset? Since)
{
    /// <summary>The states in which nothing is read from Apple until somebody acts.</summary>
    public static readonly IReadOnlyList<string> Dead = ["expired", "revoked", "invalid", "taken-over"];

    private const int Most = 100;

    /// <summary>In one of the lesser states, silent, or otherwise configured at Apple than recorded.</summary>
    public static async Task<IReadOnlyList<UnhealthyLocation>> ListAsync(DbConnection connection)
    {
        var rows = await connection.QueryAsync<Row>(
            $"""
            select l.location_id LocationId, l.state, l.state_reason StateReason, l.state_since StateSince,
                w.silent_since SilentSince, case when w.differences is null then 0 else 1 end Differs
            from location l
            left join location_check w on w.location_id = l.location_id
            where l.state <> 'removed' and (l.state <> 'valid' or w.silent_since is not null or w.differences is not null)
            order by l.state_since, l.location_id
            {connection.Limit("@Most")}
            """,
            new { Most }
        );
        return [.. rows.Select(Of)];
    }

    public static async Task<IReadOnlyDictionary<string, long>> CountAsync(DbConnection connection) =>
        (
            await connection.QueryAsync<(string State, long Locations)>(
                "select state, count(*) from location group by state order by state"
            )
        ).ToDictionary(row => row.State, row => row.Locations, StringComparer.Ordinal);

    private static UnhealthyLocation Of(Row row) =>
        row.State != "valid" ? new(row.LocationId, row.State, row.StateReason, StageReading.TimeOf(row.StateSince))
        : row.SilentSince is not null
            ? new(row.LocationId, row.State, "nothing comes from Apple any more", StageReading.TimeOf(row.SilentSince))
        : new(row.LocationId, row.State, "is not at Apple as it is recorded: see `locations verify`", Since: null);

    private sealed record Row
    {
        public string LocationId { get; init; } = "";

        public string State { get; init; } = "";

        public string? StateReason { get; init; }

        public long StateSince { get; init; }

        public long? SilentSince { get; init; }

        public long Differs { get; init; }
    }
}
