using NotificationHub.Locations.Monitoring;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Secrets;

/// <summary>
/// Draws the conclusions from how secrets were used. A post that is no test, signed with a secret, proves that Apple uses it: it is confirmed
/// where that was unknown, and the older ones end after a while. One that is used although it is about to end is no reason to keep it, for
/// whoever has come by it could keep it alive; but it is one to ask Apple.
/// </summary>
internal sealed class SecretLifecycle(Database database, TrustedClock clock)
{
    /// <summary>Apple repeats a post for that long, with the secret that it began with.</summary>
    private static readonly TimeSpan Repeats = TimeSpan.FromMinutes(5);

    /// <returns>Whether a secret ended, or was confirmed.</returns>
    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        // A secret that ends because a clock jumps may be the one that Apple is using.
        var trusted = await clock.ReadAsync(cancellationToken);
        return await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                var now = await transaction.NowAsync();
                var changed = await ConfirmAsync(transaction, now);
                await SupersedeAsync(transaction, now);
                await RedateAsync(transaction, trusted);
                changed += await RetireAsync(transaction, trusted.Now);
                await AskAsync(transaction, now);
                if (changed > 0)
                {
                    await LocationStore.IncrementVersionAsync(transaction);
                }

                return changed > 0;
            },
            cancellationToken
        );
    }

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

    private static async Task AskAsync(WriteTransaction transaction, long now)
    {
        var doubtful = await transaction.QueryAsync<string>(
            """
            select distinct s.location_id
            from notification_secret s
            join location l on l.location_id = s.location_id and l.state in ('valid', 'expiring')
            left join location_check w on w.location_id = s.location_id
            where s.state = 'retiring' and s.proven_at > s.superseded_at + @repeats
                and (w.checked_at is null or w.checked_at < s.proven_at)
                and (w.due_at is null or w.due_at > @now)
            """,
            new { now, repeats = (long)Repeats.TotalMilliseconds }
        );
        foreach (var locationId in doubtful)
        {
            await LocationCheckStore.ScheduleAsync(transaction, locationId, now);
        }
    }

    /// <summary>Replaces times that a clock ahead has written: until then the secrets would not end.</summary>
    private static Task RedateAsync(WriteTransaction transaction, TrustedTime trusted) =>
        transaction.ExecuteAsync(
            """
            update notification_secret
            set created_at = case when created_at > @Future then @Now else created_at end,
                superseded_at = case when superseded_at > @Future then @Now else superseded_at end
            where state in ('pending', 'retiring') and (created_at > @Future or superseded_at > @Future)
            """,
            new { trusted.Now, trusted.Future }
        );

    private static Task<int> RetireAsync(WriteTransaction transaction, long now) =>
        transaction.ExecuteAsync(
            "update notification_secret set state = 'retired' where state = 'retiring' and superseded_at <= @before",
            new { before = now - (long)SecretStore.Grace.TotalMilliseconds }
        );
}
