using System.Data.Common;
using System.Text.Json.Serialization;
using NotificationHub.Storage;

namespace NotificationHub.Locations.Secrets;

/// <summary>The statements over <c>notification_secret</c>. Pending, active and retiring secrets are accepted.</summary>
internal static class SecretStore
{
    // Apple repeats a delivery for five minutes, with the secret of its first attempt.
    /// <summary>How long a secret stays accepted after Apple was seen to use another one.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(10);

    public const int MaxAccepted = 8;

    public static Task AddAsync(WriteTransaction transaction, string locationId, byte[] sha256, DateTimeOffset now) =>
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

    public static Task<IReadOnlyList<StoredSecret>> ListAsync(DbConnection connection, string locationId) =>
        connection.ListAsync<StoredSecret>(
            """
            select sha256, state, created_at CreatedAt, confirmed_at ConfirmedAt, superseded_at SupersededAt,
                last_used_at LastUsedAt, use_count UseCount
            from notification_secret
            where location_id = @locationId
            order by secret_id desc
            """,
            new { locationId }
        );

    public static async Task<IReadOnlyList<byte[]>> ListPendingAsync(DbConnection connection, string locationId) =>
        [
            .. (await ListAsync(connection, locationId))
                .Where(secret => secret.IsPending)
                .Select(secret => secret.Sha256),
        ];

    // Newer secrets do not change: their request may be in transit, and a response that names this one may be older than their proof.
    /// <summary>Makes a secret the active one.</summary>
    /// <param name="proven">Whether Apple was seen to use it. If so, the older ones retire after <see cref="Grace"/>; if not, they stay accepted.</param>
    public static async Task<int> ConfirmAsync(
        WriteTransaction transaction,
        string locationId,
        byte[] sha256,
        bool proven,
        DateTimeOffset now
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

    // Uses the stored trusted time, not a clock that may have jumped.
    /// <summary>Retires pending secrets whose request can no longer take effect, because Apple was seen to use another one long after it.</summary>
    public static Task<int> RetireUnusedAsync(WriteTransaction transaction, string locationId) =>
        transaction.ExecuteAsync(
            $"""
            update notification_secret
            set state = 'retired'
            where location_id = @locationId and state = 'pending' and proven_at is null
                and created_at <= {TrustedClock.StoredSql} - @grace
            """,
            new { locationId, grace = Grace }
        );

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

    /// <summary>Deletes a secret that Apple certainly does not use, and its location if that is pending without other secrets.</summary>
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

/// <summary>A row of <c>notification_secret</c>; its JSON lacks the digest.</summary>
internal sealed record StoredSecret
{
    [JsonIgnore]
    public byte[] Sha256 { get; init; } = [];

    /// <summary><c>pending</c>, <c>active</c>, <c>retiring</c> or <c>retired</c>.</summary>
    public required string State { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? ConfirmedAt { get; init; }

    public DateTimeOffset? SupersededAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    public required long UseCount { get; init; }

    [JsonIgnore]
    public bool IsPending => State == "pending";

    [JsonIgnore]
    public bool IsAccepted => State != "retired";
}
