using System.Data.Common;
using Dapper;
using NotificationHub.OperationTracking;
using NotificationHub.Refetch.Scheduling;
using NotificationHub.Refetch.Targets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Health;

/// <summary>Who runs a stage.</summary>
/// <param name="Word"><c>here</c>, <c>elsewhere</c>, <c>shared</c> or <c>nobody</c>.</param>
/// <param name="Replica">The machine and process of another replica that runs all of it.</param>
/// <param name="Here">How many of its leases this replica holds.</param>
/// <param name="Elsewhere">How many of them others hold.</param>
/// <param name="Free">How many of them nobody holds.</param>
internal sealed record StageHolder(string Word, string? Replica, int Here, int Elsewhere, int Free);

/// <summary>The leases as they are at one moment.</summary>
internal sealed class StageHolders
{
    private readonly Dictionary<string, string> owners;
    private readonly string self;

    private StageHolders(Dictionary<string, string> owners, string self) => (this.owners, this.self) = (owners, self);

    public static async Task<StageHolders> ReadAsync(Database database, DbConnection connection, string self)
    {
        var now = await connection.ExecuteScalarAsync<long>(database.Sql("Now"));
        var held = await connection.QueryAsync<(string Name, string Owner)>(
            $"select name, owner from lease where owner is not null and {LeaseKeeper.IsLive}",
            new { now }
        );
        return new StageHolders(held.ToDictionary(row => row.Name, row => row.Owner, StringComparer.Ordinal), self);
    }

    public StageHolder Of(string stage)
    {
        string?[] holding = [.. LeasesOf(stage).Select(lease => owners.GetValueOrDefault(lease))];
        var here = holding.Count(owner => owner == self);
        var free = holding.Count(owner => owner is null);
        string[] others = [.. holding.OfType<string>().Where(owner => owner != self).Distinct(StringComparer.Ordinal)];
        var word =
            here == holding.Length ? "here"
            : free == holding.Length ? "nobody"
            : here == 0 ? "elsewhere"
            : "shared";
        return new StageHolder(
            word,
            others is [var one] ? NameOf(one) : null,
            here,
            holding.Length - here - free,
            free
        );
    }

    private static IEnumerable<string> LeasesOf(string stage) =>
        stage switch
        {
            StageNames.Refetch or StageNames.FullSyncs => Enumerable
                .Range(0, RefetchTargets.Shards)
                .Select(RefetchShards.GetLeaseName),
            StageNames.Operations => [OperationWorker.LeaseName],
            // The others are named after their lease.
            _ => [stage],
        };

    // Without the part that only tells one start of the process from the next.
    private static string NameOf(string owner) => owner[..owner.LastIndexOf(':')];
}
