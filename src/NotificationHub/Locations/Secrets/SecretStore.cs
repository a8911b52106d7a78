using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Secrets;

/// <summary>
/// The statements over <c>notification_secret</c>. Pending, active and retiring secrets are accepted; which one Apple uses after
/// a Client Config request is unknown until it was confirmed.
/// </summary>
internal static class SecretStore
{
    /// <summary>
    /// How long a secret is accepted after Apple was seen to use a newer one, and a pending one after Apple was seen to use an older one.
    /// Apple repeats a post for five minutes, with the secret that it began with.
    /// </summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    /// <summary>How many secrets of a location the intake accepts at once.</summary>
    public const int MaxAccepted = 8;

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

    /// <summary>All secrets of a location, the newest first.</summary>
    public static async Task<IReadOnlyList<StoredSecret>> ListAsync(DbConnection connection, string locationId) =>
        (
            await connection.QueryAsync<StoredSecret>(
                """
                select secret_id SecretId, sha256, state, created_at CreatedAt, confirmed_at ConfirmedAt,
                    superseded_at SupersededAt, last_used_at LastUsedAt, use_count UseCount
                from notification_secret
                where location_id = @locationId
                order by secret_id desc
                """,
                new { locationId }
            )
        ).AsList();

    public static async Task<IReadOnlyList<byte[]>> PendingAsync(DbConnection connection, string locationId) =>
        [
            .. (await ListAsync(connection, locationId))
                .Where(secret => secret.IsPending)
                .Select(secret => secret.Sha256),
        ];

    /// <summary>
    /// Apple uses this one now. Newer ones stay as they are: a request may be on its way yet, and an answer that names this one may be older than
    /// the proof of a newer one.
    /// </summary>
    /// <param name="transaction">The transaction of the confirmation.</param>
    /// <param name="locationId">Whose it is.</param>
    /// <param name="sha256">The confirmed one.</param>
    /// <param name="proven">Apple echoed it: the older ones end after <see cref="Grace"/>. Else they stay accepted for the time being.</param>
    /// <param name="now">Unix milliseconds.</param>
    /// <returns>How many secrets are otherwise than before.</returns>
    public static async Task<int> ConfirmAsync(
        WriteTransaction transaction,
        string locationId,
        byte[] sha256,
        bool proven,
        long now
    )
    {
        var confirmation = new
        {
            locationId,
            sha256,
            proven,
            now,
        };
        var confirmed = await transaction.ExecuteAsync(
            """
            update notification_secret
            set state = 'active', confirmed_at = coalesce(confirmed_at, @now), superseded_at = null
            where location_id = @locationId and sha256 = @sha256 and state <> 'retired'
                and (state <> 'active' or confirmed_at is null)
            """,
            confirmation
        );
        var superseded = await transaction.ExecuteAsync(
            """
            update notification_secret
            set state = 'retiring', superseded_at = case when @proven = 1 then coalesce(superseded_at, @now) else superseded_at end
            where location_id = @locationId and state <> 'retired'
                and (state <> 'retiring' or (@proven = 1 and superseded_at is null))
                and secret_id <
                    (select max(secret_id) from notification_secret where location_id = @locationId and sha256 = @sha256)
            """,
            confirmation
        );
        return confirmed + superseded;
    }

    /// <summary>
    /// Ends the pending ones of requests that certainly have no effect any more: Apple was seen to use another, long after. How long is judged by
    /// the stored trusted time, not by a clock that may have jumped.
    /// </summary>
    /// <returns>How many.</returns>
    public static Task<int> RetireUnusedAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync(
            $"""
            update notification_secret
            set state = 'retired'
            where location_id = @locationId and state = 'pending' and proven_at is null
                and created_at <= {TrustedClock.StoredSql} - @grace
            """,
            new { locationId, grace = (long)Grace.TotalMilliseconds }
        );

    /// <summary>Ends the oldest pending one with which no post ever came.</summary>
    /// <returns>One, or zero where there is none.</returns>
    public static Task<int> RetireOldestUnusedAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync(
            """
            update notification_secret
            set state = 'retired'
            where secret_id =
                (
                    select min(secret_id)
                    from notification_secret
                    where location_id = @locationId and state = 'pending' and last_used_at is null
                )
            """,
            new { locationId }
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

/// <summary>A row of <c>notification_secret</c>. Times are Unix milliseconds.</summary>
internal sealed record StoredSecret
{
    public required long SecretId { get; init; }

    public required byte[] Sha256 { get; init; }

    /// <summary><c>pending</c>, <c>active</c>, <c>retiring</c> or <c>retired</c>.</summary>
    public required string State { get; init; }

    public required long CreatedAt { get; init; }

    public long? ConfirmedAt { get; init; }

    public long? SupersededAt { get; init; }

    public long? LastUsedAt { get; init; }

    public required long UseCount { get; init; }

    public bool IsPending => State == "pending";

    public bool IsAccepted => State != "retired";
}
