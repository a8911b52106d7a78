using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Apple;
using NotificationHub.Locations.Secrets;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>
/// The statements over <c>location</c>. Whatever intake must follow (a location, its <c>uId</c>, its secrets) raises the change
/// counter in the same transaction, by <see cref="IncrementVersionAsync"/>.
/// </summary>
internal static class LocationStore
{
    /// <summary>How many locations a page holds unless asked otherwise.</summary>
    public const int PageRows = 1_000;

    private const string Select = """
        select location_id LocationId, u_id UId, name, state StateName, state_reason StateReason, state_since StateSince,
            receive_only ReceiveOnly, mdm_id MdmId, mdm_name MdmName, mdm_metadata MdmMetadata, notification_url NotificationUrl,
            notification_types NotificationTypes, content_token ContentToken, token_expires_at TokenExpiresAt,
            paused_until PausedUntil, created_at CreatedAt, registered_at RegisteredAt, removed_at RemovedAt,
            restate_from RestateFrom
        from location
        """;

    private const string Update = """
        update location
        set u_id = @UId, name = @Name, state = @StateName, state_reason = null, state_since = @StateSince, mdm_id = @MdmId,
            mdm_name = @MdmName, mdm_metadata = @MdmMetadata, notification_url = @NotificationUrl,
            notification_types = @NotificationTypes, content_token = @ContentToken, token_expires_at = @TokenExpiresAt,
            registered_at = @RegisteredAt, expiry_step = null
        where location_id = @LocationId
        """;

    private const string Insert = """
        insert into location
        (
            location_id, u_id, name, state, state_since, receive_only, mdm_id, mdm_name, mdm_metadata, notification_url,
            notification_types, content_token, token_expires_at, read_number, created_at, registered_at
        )
        values
        (
            @LocationId, @UId, @Name, @StateName, @StateSince, @ReceiveOnly, @MdmId, @MdmName, @MdmMetadata, @NotificationUrl,
            @NotificationTypes, @ContentToken, @TokenExpiresAt, 0, @CreatedAt, @RegisteredAt
        )
        """;

    // The first condition is the one that the index is entered by.
    public static string PageSql(DbConnection connection) =>
        $"{Select} where created_at >= @CreatedAt and (created_at > @CreatedAt or location_id > @LocationId) order by created_at, location_id {connection.Limit("@limit")}";

    /// <summary>A page of the locations, the oldest first.</summary>
    /// <param name="after">The last location of the page before; null for the first page.</param>
    /// <returns>Empty also where there is no location <paramref name="after"/>.</returns>
    public static async Task<IReadOnlyList<Location>> ListAsync(
        DbConnection connection,
        string? after = null,
        int limit = PageRows
    )
    {
        var from = after is null ? null : await FindAsync(connection, after);
        if (after is not null && from is null)
        {
            return [];
        }

        return (
            await connection.QueryAsync<Location>(
                PageSql(connection),
                new
                {
                    CreatedAt = from?.CreatedAt ?? long.MinValue,
                    LocationId = from?.LocationId ?? "",
                    limit,
                }
            )
        ).AsList();
    }

    public static Task<Location?> FindAsync(DbConnection connection, string locationId) =>
        connection.QueryFirstOrDefaultAsync<Location>($"{Select} where location_id = @locationId", new { locationId });

    public static Task<Location?> FindByUIdAsync(DbConnection connection, string? uId) =>
        connection.QueryFirstOrDefaultAsync<Location>(
            $"{Select} where u_id = @uId and state <> 'removed'",
            new { uId }
        );

    /// <summary>Writes the location, new or over the row of an earlier attempt. The caller bumps the change counter.</summary>
    public static async Task SaveAsync(WriteTransaction transaction, Location location)
    {
        if (await transaction.ExecuteAsync(Update, location) == 0)
        {
            await transaction.ExecuteAsync(Insert, location);
        }
    }

    /// <summary>Tells every running hub that locations or secrets have changed.</summary>
    /// <returns>The version that a hub has to reach to know of it.</returns>
    public static async Task<long> IncrementVersionAsync(WriteTransaction transaction)
    {
        transaction.OnCommit(transaction.Signals.LocationsChanged);
        await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
        return await transaction.ScalarAsync<long>("select value from change_counter where name = 'locations'");
    }

    /// <summary>
    /// Sets the state of the location and appends the event that reports the change. A response for an earlier content token proves nothing
    /// about the stored one, and changes nothing.
    /// </summary>
    /// <param name="transaction">The transaction of whoever learned of it.</param>
    /// <param name="used">The location as it was read, with the content token of the request.</param>
    /// <param name="state">What <see cref="LocationStates"/> says.</param>
    /// <param name="reason">What showed it, for people; nothing personal.</param>
    /// <param name="owner">Who owns it now, where it was taken over.</param>
    /// <returns>False if the location is already in that state, does not exist, or has another content token by now.</returns>
    public static async Task<bool> SetStateAsync(
        WriteTransaction transaction,
        Location used,
        LocationState state,
        string? reason = null,
        MdmInfo? owner = null
    )
    {
        var location = await FindCurrentAsync(transaction, used);
        if (location is null || location.State == state || location.State == LocationState.Removed)
        {
            return false;
        }

        var changed = location with
        {
            StateName = state.ToWireName(),
            StateReason = reason,
            StateSince = await transaction.NowAsync(),
        };
        await transaction.ExecuteAsync(
            """
            update location
            set state = @StateName, state_reason = @StateReason, state_since = @StateSince
            where location_id = @LocationId
            """,
            changed
        );
        if (LocationEvents.OfState(changed, owner) is { } told)
        {
            transaction.AppendEvents([told]);
        }

        await PublishExpiryAsync(transaction, changed);
        return true;
    }

    /// <returns>The current row; null if it is gone or has another content token by now.</returns>
    private static async Task<Location?> FindCurrentAsync(WriteTransaction transaction, Location used)
    {
        var location = await transaction.FirstOrDefaultAsync<Location>(
            $"{Select} where location_id = @LocationId",
            new { used.LocationId }
        );
        return location is not null && location.HasTokenOf(used) ? location : null;
    }

    /// <summary>Appends <c>location.token-expiring</c> where the end of the content token has come nearer by a step, once for each.</summary>
    public static async Task PublishExpiryAsync(WriteTransaction transaction, Location location)
    {
        var now = await transaction.NowAsync();
        if (
            !LocationStates.MayCallApple(location.State)
            || ExpirySteps.Reached(location.TokenExpiresAt, now) is not { } step
        )
        {
            return;
        }

        var isNew = await transaction.ExecuteAsync(
            """
            update location
            set expiry_step = @step
            where location_id = @LocationId and (expiry_step is null or expiry_step > @step)
            """,
            new { location.LocationId, step }
        );
        if (isNew > 0)
        {
            transaction.AppendEvents([LocationEvents.OfExpiry(location, step, now)]);
        }
    }

    /// <summary>
    /// Pauses the calls to Apple for the location, also after a restart; a longer pause stays. A fault of a content token that was replaced since
    /// pauses nothing.
    /// </summary>
    /// <param name="used">The location with the content token that was used.</param>
    /// <param name="until">Unix milliseconds.</param>
    public static async Task PauseAsync(WriteTransaction transaction, Location used, long until)
    {
        if (await FindCurrentAsync(transaction, used) is null)
        {
            return;
        }

        await transaction.ExecuteAsync(
            """
            update location
            set paused_until = @until
            where location_id = @LocationId and (paused_until is null or paused_until < @until)
            """,
            new { used.LocationId, until }
        );
    }

    /// <summary>Records the end of the content token of a request, as Apple's response names it.</summary>
    public static async Task SetTokenExpiryAsync(WriteTransaction transaction, Location used, DateTimeOffset expiresAt)
    {
        if (await FindCurrentAsync(transaction, used) is null)
        {
            return;
        }

        await transaction.ExecuteAsync(
            """
            update location
            set token_expires_at = @expires, expiry_step = case when token_expires_at < @expires then null else expiry_step end
            where location_id = @LocationId
            """,
            new { used.LocationId, expires = expiresAt.ToUnixTimeMilliseconds() }
        );
    }

    /// <summary>Notes how Apple has the location configured now.</summary>
    public static Task SetConfigurationAsync(WriteTransaction transaction, Location location) =>
        transaction.ExecuteAsync(
            """
            update location
            set mdm_id = @MdmId, mdm_name = @MdmName, mdm_metadata = @MdmMetadata, notification_types = @NotificationTypes
            where location_id = @LocationId
            """,
            location
        );

    /// <summary>Replaces the content token; the pause that Apple asked for belonged to the old one.</summary>
    public static Task SetContentTokenAsync(WriteTransaction transaction, Location location) =>
        transaction.ExecuteAsync(
            """
            update location
            set content_token = @ContentToken, name = @Name, paused_until = null,
                expiry_step = case when token_expires_at >= @TokenExpiresAt then expiry_step else null end,
                token_expires_at = @TokenExpiresAt
            where location_id = @LocationId
            """,
            location
        );

    /// <summary>Closes the location for everything but late posts. The content token is forgotten.</summary>
    public static Task SetRemovedAsync(WriteTransaction transaction, string locationId, long now) =>
        transaction.ExecuteAsync(
            """
            update location
            set state = 'removed', state_reason = null, state_since = @now, removed_at = @now, content_token = null
            where location_id = @locationId
            """,
            new { locationId, now }
        );

    /// <summary>Replaces the time of a removal, unless it has changed since it was read.</summary>
    public static Task CorrectRemovalTimeAsync(WriteTransaction transaction, string locationId, long from, long to) =>
        transaction.ExecuteAsync(
            """
            update location
            set removed_at = @to, state_since = @to
            where location_id = @locationId and removed_at = @from
            """,
            new
            {
                locationId,
                from,
                to,
            }
        );

    /// <summary>Forgets the location and its secrets. The caller bumps the change counter.</summary>
    public static async Task DeleteAsync(WriteTransaction transaction, string locationId)
    {
        await transaction.ExecuteAsync(
            "delete from notification_secret where location_id = @locationId",
            new { locationId }
        );
        await transaction.ExecuteAsync("delete from location where location_id = @locationId", new { locationId });
    }

    public static string WriteTypes(IEnumerable<string> types) => JsonSerializer.Serialize(types);

    public static IReadOnlyList<string> ReadTypes(string? types) =>
        types is null ? [] : JsonSerializer.Deserialize<string[]>(types)!;
}
