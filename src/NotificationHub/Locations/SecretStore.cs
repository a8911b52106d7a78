using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>
/// The statements over <c>notification_secret</c>. Pending, active and retiring secrets are accepted; which one Apple uses after
/// a Client Config request is unknown until it was confirmed.
/// </summary>
internal static class SecretStore
{
    public static Task AddAsync(WriteTransaction transaction, string locationId, byte[] sha256, long now) =>
        transaction.ExecuteAsync(
            """
            insert into notification_secret (location_id, sha256, state, created_at)
            values (@locationId, @sha256, 'pending', @now)
            """,
            new
            {
                locationId,
                sha256,
                now,
            }
        );

    public static async Task<IReadOnlyList<byte[]>> PendingAsync(DbConnection connection, string locationId) =>
        (
            await connection.QueryAsync<byte[]>(
                "select sha256 from notification_secret where location_id = @locationId and state = 'pending'",
                new { locationId }
            )
        ).AsList();

    /// <summary>Apple uses this one now.</summary>
    /// <param name="transaction">The transaction of the confirmation.</param>
    /// <param name="locationId">Whose it is.</param>
    /// <param name="sha256">The confirmed one.</param>
    /// <param name="proven">Apple echoed it: the older ones are done with. Else they stay accepted for the time being.</param>
    /// <param name="now">Unix milliseconds.</param>
    public static Task ConfirmAsync(
        WriteTransaction transaction,
        string locationId,
        byte[] sha256,
        bool proven,
        long now
    ) =>
        transaction.ExecuteAsync(
            """
            update notification_secret
            set state = case when sha256 = @sha256 then 'active' else @others end,
                confirmed_at = case when sha256 = @sha256 then @now else confirmed_at end
            where location_id = @locationId and state <> 'retired'
            """,
            new
            {
                locationId,
                sha256,
                others = proven ? "retired" : "retiring",
                now,
            }
        );

    /// <summary>Forgets a secret that Apple certainly does not use, and its location where nothing else is known of it.</summary>
    public static async Task WithdrawAsync(WriteTransaction transaction, string locationId, byte[] sha256)
    {
        await transaction.ExecuteAsync(
            "delete from notification_secret where location_id = @locationId and sha256 = @sha256 and state = 'pending'",
            new { locationId, sha256 }
        );
        await transaction.ExecuteAsync(
            """
            delete from location
            where location_id = @locationId and state = 'pending'
                and not exists (select 1 from notification_secret where location_id = @locationId)
            """,
            new { locationId }
        );
    }
}
