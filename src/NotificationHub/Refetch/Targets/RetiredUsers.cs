using System.Data.Common;
using System.Runtime.CompilerServices;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Refetch.Targets;

/// <summary>Requests reads of a retired user's assignments: Apple frees them, but reports only the user.</summary>
internal sealed class RetiredUsers(Database database, RefetchTargets targets)
{
    private const int RowsAtOnce = 2000;

    // Outside the write transactions, because it may read a million rows.
    public async Task<ILookup<string, MergedRequest>> FindAsync(
        IReadOnlyList<StoredTarget> read,
        CancellationToken cancellationToken
    )
    {
        var retired = read.Where(target =>
                target.Kind == RecordKind.User
                && TargetExpectations.Parse(target.Expects).Contains(TargetExpectations.Absent())
            )
            .ToDictionary(target => target.Key, StringComparer.Ordinal);
        List<(string User, MergedRequest Request)> requests = [];
        if (retired.Count > 0)
        {
            var locationId = read[0].LocationId;
            await foreach (var key in KeysAsync(locationId, RecordKind.Assignment, "%/user:%", cancellationToken))
            {
                var (asset, holder) = RecordKeys.ParseAssignment(key);
                if (RecordKeys.ParseHolder(holder).ClientUserId is { } user && retired.TryGetValue(user, out var of))
                {
                    requests.Add((user, Create(of, RecordKind.Asset, asset, TargetExpectations.Changed)));
                    var gone = TargetExpectations.Absent(holder);
                    requests.Add((user, Create(of, RecordKind.Assignment, asset, gone) with { Holder = holder }));
                }
            }

            await foreach (var key in KeysAsync(locationId, RecordKind.SubscriptionAssignment, "%", cancellationToken))
            {
                var (plan, user) = RecordKeys.ParseSubscriptionAssignment(key);
                if (retired.TryGetValue(user, out var of))
                {
                    requests.Add((user, Create(of, RecordKind.Subscription, plan, TargetExpectations.Changed)));
                    var gone = TargetExpectations.Absent(user);
                    requests.Add((user, Create(of, RecordKind.SubscriptionAssignment, plan, gone)));
                }
            }
        }

        return requests.ToLookup(pair => pair.User, pair => pair.Request, StringComparer.Ordinal);
    }

    /// <summary>Requests the assignments if the read shows that the user is no longer active.</summary>
    public async Task RequestAsync(
        WriteTransaction transaction,
        ReadContext context,
        StoredTarget target,
        ILookup<string, MergedRequest> held,
        DateTimeOffset now
    )
    {
        if (target.Kind != RecordKind.User || !held.Contains(target.Key))
        {
            return;
        }

        var key = RecordKeys.User(target.Key);
        var rows = await SnapshotRows.FindAsync(transaction.Connection, context.LocationId, context.Kind, [key]);
        if (rows.GetValueOrDefault(key)?.Data is null)
        {
            await targets.RequestAsync(transaction, [.. held[target.Key]], now);
        }
    }

    private static MergedRequest Create(StoredTarget user, RecordKind kind, string key, string expects) =>
        new(
            user.LocationId,
            kind,
            key,
            CorrelationId: user.CorrelationId,
            Traceparent: user.Traceparent,
            Expects: expects
        );

    private async IAsyncEnumerable<string> KeysAsync(
        string locationId,
        RecordKind kind,
        string pattern,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IReadOnlyList<string> keys = [];
        do
        {
            var after = keys.Count == 0 ? "" : keys[^1];
            keys = await database.ReadAsync(
                connection => ReadPageAsync(connection, locationId, kind, pattern, after),
                cancellationToken
            );
            foreach (var key in keys)
            {
                yield return key;
            }
        } while (keys.Count == RowsAtOnce);
    }

    private static Task<IReadOnlyList<string>> ReadPageAsync(
        DbConnection connection,
        string locationId,
        RecordKind kind,
        string pattern,
        string after
    ) =>
        connection.ListAsync<string>(
            $"""
            select "key"
            from snapshot
            where location_id = @locationId and kind = @Name and "key" > @after and "key" like @pattern and data is not null
            order by "key"
            {connection.Limit(RowsAtOnce)}
            """,
            new
            {
                locationId,
                kind.Name,
                after,
                pattern,
            }
        );
}
