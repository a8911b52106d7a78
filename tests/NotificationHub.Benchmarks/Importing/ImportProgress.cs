using System.Text.Json;
using Dapper;
using NotificationHub.Benchmarks.Servers;
using NotificationHub.Events;
using NotificationHub.Simulator.Apple.State;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Benchmarks.Importing;

/// <summary>The progress of the only location's import, read from the hub's database.</summary>
internal sealed record ImportProgress(
    long Kinds,
    long Imported,
    long Records,
    long Events,
    long Published,
    string Error
)
{
    public bool IsImported => Kinds > 0 && Imported == Kinds;

    public bool IsPublished => IsImported && Published >= Events;

    public static Task<ImportProgress> ReadAsync(Database database) =>
        database.ReadAsync(
            connection =>
                connection.QuerySingleAsync<ImportProgress>(
                    """
                    select
                        (select count(*) from full_sync) Kinds,
                        (select count(imported_at) from full_sync) Imported,
                        coalesce((select sum(records) from full_sync), 0) Records,
                        coalesce((select max(seq) from event_log where topic = 'assets'), 0) Events,
                        coalesce((select position from log_cursor where name = 'publishing:assets'), 0) Published,
                        coalesce((select min(last_error) from full_sync), '') Error
                    """
                ),
            CancellationToken.None
        );
}

/// <summary>Compares the hub's records and events with Apple's records.</summary>
internal static class ImportCheck
{
    private const int RowsAtOnce = 5_000;

    /// <returns>The number of records that are missing, superfluous or different, and of events too many or too few.</returns>
    public static async Task<long> CountDifferencesAsync(StoreSettings store, SimulatedState state)
    {
        await using var database = store.Open();
        var events = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<long>("select count(*) from event_log where topic = 'assets'"),
            CancellationToken.None
        );
        return await CompareAsync(
                database,
                RecordKind.Asset,
                state.Assets.Select(asset =>
                    (asset.AdamId, asset.PricingParam, (long?)asset.Total, (long?)asset.Assigned)
                ),
                data =>
                    Read<AssetRecord, (string, string, long?, long?)>(
                        data,
                        one => (one.AdamId, one.PricingParam, one.TotalCount, one.AssignedCount)
                    )
            )
            + await CompareAsync(
                database,
                RecordKind.Assignment,
                state.Assignments.Select(one => (one.AdamId, one.PricingParam, one.SerialNumber, one.ClientUserId)),
                data =>
                    Read<AssignmentRecord, (string, string, string?, string?)>(
                        data,
                        one => (one.AdamId, one.PricingParam, one.SerialNumber, one.ClientUserId)
                    )
            )
            + Math.Abs(events - state.Assets.Count - state.Assignments.Count);
    }

    private static async Task<long> CompareAsync<T>(
        Database database,
        RecordKind kind,
        IEnumerable<T> expected,
        Func<string, T> read
    )
    {
        HashSet<T> missing = [.. expected];
        var superfluous = 0L;
        var locationId = await database.ReadAsync(
            connection => connection.ExecuteScalarAsync<string>("select location_id from location"),
            CancellationToken.None
        );
        IReadOnlyList<SnapshotRow> rows = [];
        do
        {
            var after = rows.Count == 0 ? "" : rows[^1].Key;
            rows = await database.ReadAsync(
                connection => SnapshotRows.ReadPageAsync(connection, locationId!, kind, after, RowsAtOnce),
                CancellationToken.None
            );
            superfluous += rows.Count(row => row.Data is { } data && !missing.Remove(read(data)));
        } while (rows.Count == RowsAtOnce);

        return missing.Count + superfluous;
    }

    private static TResult Read<TRecord, TResult>(string data, Func<TRecord, TResult> select) =>
        select(JsonSerializer.Deserialize<TRecord>(data, EventJsonContext.Wire.Options)!);
}
