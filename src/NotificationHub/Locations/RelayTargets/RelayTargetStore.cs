using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Locations.RelayTargets;

/// <summary>The statements over <c>relay_target</c>.</summary>
internal static class RelayTargetStore
{
    private const int IdLength = 10;

    private const string Select = """
        select target_id TargetId, location_id LocationId, url, secret, from_seq FromSeq, state, created_at CreatedAt,
            last_delivered_at LastDeliveredAt, failing_since FailingSince, failure, last_status LastStatus
        from relay_target
        """;

    /// <summary>
    /// Adds a target, which receives the notifications that are stored from now on. If the location has a target with this URL, only the
    /// secret changes.
    /// </summary>
    /// <param name="secret">Encrypted; null to send no Authorization header.</param>
    public static async Task<RelayTarget> AddAsync(
        WriteTransaction transaction,
        string locationId,
        Uri url,
        byte[]? secret
    )
    {
        var known = (await ListAsync(transaction.Connection, locationId)).FirstOrDefault(target => target.Uri == url);
        if (known is not null)
        {
            await transaction.ExecuteAsync(
                "update relay_target set secret = @secret where target_id = @TargetId",
                new { known.TargetId, secret }
            );
            transaction.OnCommit(transaction.Signals.RelayTargetsChanged);
            return known with { Secret = secret };
        }

        var target = new RelayTarget
        {
            TargetId = RandomNumberGenerator.GetString("abcdefghijklmnopqrstuvwxyz234567", IdLength),
            LocationId = locationId,
            Url = url.AbsoluteUri,
            Secret = secret,
            FromSeq = await transaction.ScalarAsync<long>("select coalesce(max(seq), 0) from notification_log"),
            State = RelayTargetState.Running,
            CreatedAt = await transaction.NowAsync(),
        };
        await transaction.ExecuteAsync(
            """
            insert into relay_target (target_id, location_id, url, secret, from_seq, state, created_at)
            values (@TargetId, @LocationId, @Url, @Secret, @FromSeq, @State, @CreatedAt)
            """,
            target
        );
        transaction.OnCommit(transaction.Signals.RelayTargetsChanged);
        return target;
    }

    /// <summary>Lists the targets that are not removed, of one location or, without an ID, of all.</summary>
    public static Task<IReadOnlyList<RelayTarget>> ListAsync(DbConnection connection, string? locationId = null) =>
        connection.ListAsync<RelayTarget>(
            $"""
            {Select}
            where state <> 'removed' and (@locationId is null or location_id = @locationId)
            order by location_id, created_at, target_id
            """,
            new { locationId }
        );

    public static async Task<RelayTarget?> FindAsync(DbConnection connection, string targetId) =>
        (
            await connection.ListAsync<RelayTarget>(
                $"{Select} where target_id = @targetId and state <> 'removed'",
                new { targetId }
            )
        ).SingleOrDefault();

    /// <summary>The <c>seq</c> up to which a location's targets need no notification; null if it has no target.</summary>
    public static Task<long?> ReadForwardedAsync(DbConnection connection, string locationId) =>
        connection.ExecuteScalarAsync<long?>(
            """
            select min(coalesce(d.seq - 1, c.position, t.from_seq))
            from relay_target t
            left join log_cursor c on c.name = 'relay'
            left join relay_delivery d on d.target_id = t.target_id and d.state = 'pending'
            where t.location_id = @locationId and t.state <> 'removed'
            """,
            new { locationId }
        );

    /// <returns>Whether the target exists.</returns>
    public static async Task<bool> SetStateAsync(WriteTransaction transaction, string targetId, string state)
    {
        await ClearFailureAsync(transaction, targetId);
        return await transaction.ExecuteAsync(
                "update relay_target set state = @state where target_id = @targetId and state <> 'removed'",
                new { targetId, state }
            ) == 1;
    }

    /// <summary>Changes the URL and secret of a target, which keeps the notifications that wait for it.</summary>
    public static Task<int> MoveAsync(WriteTransaction transaction, string targetId, Uri url, byte[]? secret)
    {
        transaction.OnCommit(transaction.Signals.RelayTargetsChanged);
        return transaction.ExecuteAsync(
            "update relay_target set url = @url, secret = @secret where target_id = @targetId and state <> 'removed'",
            new
            {
                targetId,
                url = url.AbsoluteUri,
                secret,
            }
        );
    }

    /// <summary>Clears the failure, so that the relay stage does not pause before the next attempt.</summary>
    public static Task ClearFailureAsync(WriteTransaction transaction, string targetId)
    {
        transaction.OnCommit(transaction.Signals.RelayTargetsChanged);
        return transaction.ExecuteAsync(
            "update relay_target set failing_since = null, failure = null where target_id = @targetId",
            new { targetId }
        );
    }

    /// <summary>Deletes the secret. The relay stage deletes the rest, which may be many rows.</summary>
    /// <returns>Whether the target existed.</returns>
    public static async Task<bool> RemoveAsync(WriteTransaction transaction, string targetId)
    {
        transaction.OnCommit(transaction.Signals.RelayTargetsChanged);
        return await transaction.ExecuteAsync(
                "update relay_target set state = 'removed', secret = null where target_id = @targetId and state <> 'removed'",
                new { targetId }
            ) == 1;
    }
}
