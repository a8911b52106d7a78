using System.Data.Common;
using Dapper;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

/// <summary>The owner of a stage.</summary>
/// <param name="Kind"><c>this-replica</c>, <c>other-replica</c>, <c>shared</c> or <c>none</c>.</param>
/// <param name="Replica">Machine and process of the only other replica that owns leases of the stage.</param>
/// <param name="ThisReplica">The number of leases that this replica owns.</param>
/// <param name="OtherReplicas">The number of leases that other replicas own.</param>
/// <param name="Free">The number of leases that no replica owns.</param>
internal sealed record StageHolder(string Kind, string? Replica, int ThisReplica, int OtherReplicas, int Free);

internal sealed class StageLeases
{
    private readonly Dictionary<string, string> owners;
    private readonly string self;

    private StageLeases(Dictionary<string, string> owners, string self) => (this.owners, this.self) = (owners, self);

    public static async Task<StageLeases> ReadAsync(Database database, DbConnection connection, string self)
    {
        var now = await connection.ExecuteScalarAsync<DateTimeOffset>(database.Sql("Now"));
        var live = await connection.QueryAsync<(string Name, string Owner)>(
            $"select name, owner from lease where owner is not null and {LeaseKeeper.IsLive}",
            new { now }
        );
        return new StageLeases(live.ToDictionary(row => row.Name, row => row.Owner, StringComparer.Ordinal), self);
    }

    public StageHolder FindHolder(IReadOnlyList<string> leases)
    {
        string?[] stageOwners = [.. leases.Select(lease => owners.GetValueOrDefault(lease))];
        var own = stageOwners.Count(owner => owner == self);
        var free = stageOwners.Count(owner => owner is null);
        string[] others =
        [
            .. stageOwners.OfType<string>().Where(owner => owner != self).Distinct(StringComparer.Ordinal),
        ];
        var kind =
            own == stageOwners.Length ? "this-replica"
            : free == stageOwners.Length ? "none"
            : own == 0 ? "other-replica"
            : "shared";
        // The last part of an owner only distinguishes one start of the process from the next.
        var replica = others is [var one] ? one[..one.LastIndexOf(':')] : null;
        return new StageHolder(kind, replica, own, stageOwners.Length - own - free, free);
    }
}
