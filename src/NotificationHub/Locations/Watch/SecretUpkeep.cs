using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Watch;

/// <summary>
/// Draws the conclusions from how secrets were used. A post that is no test, signed with a secret, proves that Apple uses it: it is confirmed
/// where that was unknown, and the older ones end after a while.
/// </summary>
internal sealed class SecretUpkeep(Database database, LocationStore locations)
{
    /// <returns>Whether a secret ended, or was confirmed.</returns>
    public Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async transaction =>
            {
                await lease.DemandAsync(transaction);
                var now = await transaction.NowAsync();
                var changed = await ConfirmAsync(transaction, now);
                await SupersedeAsync(transaction, now);
                changed += await RetireAsync(transaction, now);
                if (changed > 0)
                {
                    await locations.BumpAsync(transaction);
                }

                return changed > 0;
            },
            cancellationToken
        );

    private static async Task<int> ConfirmAsync(WriteTransaction transaction, long now)
    {
        var proven = await transaction.QueryAsync<(string LocationId, byte[] Sha256)>(
            """
            select location_id, sha256
            from notification_secret
            where state = 'pending' and proven_at is not null
            order by secret_id
            """
        );
        foreach (var (locationId, sha256) in proven)
        {
            await SecretStore.ConfirmAsync(transaction, locationId, sha256, proven: true, now);
        }

        return proven.Count;
    }

    // Of one that Apple never echoed nobody knew whether the older ones were done with.
    private static Task SupersedeAsync(WriteTransaction transaction, long now) =>
        transaction.ExecuteAsync(
            """
            update notification_secret
            set superseded_at = @now
            where state = 'retiring' and superseded_at is null
                and exists
                (
                    select 1
                    from notification_secret newer
                    where newer.location_id = notification_secret.location_id and newer.secret_id > notification_secret.secret_id
                        and newer.state = 'active' and newer.proven_at is not null
                )
            """,
            new { now }
        );

    private static Task<int> RetireAsync(WriteTransaction transaction, long now) =>
        transaction.ExecuteAsync(
            "update notification_secret set state = 'retired' where state = 'retiring' and superseded_at <= @before",
            new { before = now - (long)SecretStore.Grace.TotalMilliseconds }
        );
}
