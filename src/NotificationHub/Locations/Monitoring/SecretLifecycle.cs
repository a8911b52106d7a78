using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;
using NotificationHub.Storage.Leases;

namespace NotificationHub.Locations.Monitoring;

// A delivery other than a test, signed with a secret, proves that Apple uses it: a pending one is confirmed, and the older ones retire after
// a while. A retiring secret that is still used does not stay accepted, because a thief could keep it alive; instead, Client Config is read.
internal sealed class SecretLifecycle(Database database, TrustedClock clock)
{
    /// <summary>How long Apple repeats a delivery, with the secret of its first attempt.</summary>
    private static readonly TimeSpan DeliveryRetries = TimeSpan.FromMinutes(5);

    public async Task<bool> RunAsync(Lease lease, CancellationToken cancellationToken)
    {
        // If a clock jumped, a secret that retires by it may be the one that Apple uses.
        var trusted = await clock.ReadAsync(cancellationToken);
        return await database.WriteAsync(
            async transaction =>
            {
                await lease.EnsureAsync(transaction);
                var now = await transaction.NowAsync();
                var changed = await ConfirmAsync(transaction, now);
                await SupersedeAsync(transaction, now);
                await CorrectFutureTimesAsync(transaction, trusted);
                changed += await RetireAsync(transaction, trusted.Now);
                await ScheduleChecksAsync(transaction, now);
                if (changed > 0)
                {
                    await LocationStore.IncrementVersionAsync(transaction);
                }

                return changed > 0;
            },
            cancellationToken
        );
    }

    private static async Task<int> ConfirmAsync(WriteTransaction transaction, DateTimeOffset now)
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

    // Until a secret without an echo is proven, Apple may still use the older ones.
    private static Task SupersedeAsync(WriteTransaction transaction, DateTimeOffset now) =>
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

    /// <summary>Schedules a read of Client Config where a retiring secret is used for longer than Apple repeats deliveries.</summary>
    private static async Task ScheduleChecksAsync(WriteTransaction transaction, DateTimeOffset now)
    {
        var locationIds = await transaction.QueryAsync<string>(
            """
            select distinct s.location_id
            from notification_secret s
            join location l on l.location_id = s.location_id and l.state in ('valid', 'expiring')
            left join location_check w on w.location_id = s.location_id
            where s.state = 'retiring' and s.proven_at > s.superseded_at + @retries
                and (w.checked_at is null or w.checked_at < s.proven_at)
                and (w.due_at is null or w.due_at > @now)
            """,
            new { now, retries = DeliveryRetries }
        );
        foreach (var locationId in locationIds)
        {
            await LocationCheckStore.ScheduleAsync(transaction, locationId, now);
        }
    }

    // Times that a clock ahead has written would keep the secrets accepted until then.
    private static Task CorrectFutureTimesAsync(WriteTransaction transaction, TrustedTime trusted) =>
        transaction.ExecuteAsync(
            """
            update notification_secret
            set created_at = case when created_at > @Future then @Now else created_at end,
                superseded_at = case when superseded_at > @Future then @Now else superseded_at end
            where state in ('pending', 'retiring') and (created_at > @Future or superseded_at > @Future)
            """,
            new { trusted.Now, trusted.Future }
        );

    private static Task<int> RetireAsync(WriteTransaction transaction, DateTimeOffset now) =>
        transaction.ExecuteAsync(
            "update notification_secret set state = 'retired' where state = 'retiring' and superseded_at <= @before",
            new { before = now - SecretStore.Grace }
        );
}
