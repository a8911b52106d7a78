using System.Data.Common;
using System.Text.Json;
using Dapper;
using NotificationHub.Apple;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>
/// The statements over <c>location</c>. Whatever intake must follow (a location, its <c>uId</c>, its secrets) raises the change
/// counter in the same transaction, by <see cref="BumpAsync"/>.
/// </summary>
internal sealed class LocationStore(Database database)
{
    private const string Select = """
        select location_id LocationId, u_id UId, name, state StateWord, state_reason StateReason, state_since StateSince,
            receive_only ReceiveOnly, mdm_id MdmId, mdm_name MdmName, mdm_metadata MdmMetadata, notification_url NotificationUrl,
            notification_types NotificationTypes, content_token ContentToken, token_expires_at TokenExpiresAt,
            paused_until PausedUntil, created_at CreatedAt, registered_at RegisteredAt
        from location
        """;

    public static async Task<IReadOnlyList<Location>> ListAsync(DbConnection connection) =>
        (await connection.QueryAsync<Location>($"{Select} order by created_at, location_id")).AsList();

    public static Task<Location?> FindAsync(DbConnection connection, string locationId) =>
        connection.QueryFirstOrDefaultAsync<Location>($"{Select} where location_id = @locationId", new { locationId });

    public static Task<Location?> FindByUIdAsync(DbConnection connection, string? uId) =>
        connection.QueryFirstOrDefaultAsync<Location>($"{Select} where u_id = @uId", new { uId });

    /// <summary>Writes the location, new or over the row of an earlier attempt. The caller bumps the change counter.</summary>
    public static Task SaveAsync(WriteTransaction transaction, Location location) =>
        transaction.ExecuteAsync(
            """
            insert into location
            (
                location_id, u_id, name, state, state_since, receive_only, mdm_id, mdm_name, mdm_metadata, notification_url,
                notification_types, content_token, token_expires_at, read_number, created_at, registered_at
            )
            values
            (
                @LocationId, @UId, @Name, @StateWord, @StateSince, @ReceiveOnly, @MdmId, @MdmName, @MdmMetadata, @NotificationUrl,
                @NotificationTypes, @ContentToken, @TokenExpiresAt, 0, @CreatedAt, @RegisteredAt
            )
            on conflict (location_id) do update
            set u_id = excluded.u_id, name = excluded.name, state = excluded.state, state_reason = null,
                state_since = excluded.state_since, mdm_id = excluded.mdm_id, mdm_name = excluded.mdm_name,
                mdm_metadata = excluded.mdm_metadata, notification_url = excluded.notification_url,
                notification_types = excluded.notification_types, content_token = excluded.content_token,
                token_expires_at = excluded.token_expires_at, registered_at = excluded.registered_at
            """,
            location
        );

    /// <summary>Tells every running hub that locations or secrets have changed.</summary>
    /// <returns>The version that a hub has to reach to know of it.</returns>
    public Task<long> BumpAsync(WriteTransaction transaction)
    {
        transaction.OnCommit(database.Pulses.LocationsChanged);
        return transaction.ScalarAsync<long>(
            "update change_counter set value = value + 1 where name = 'locations' returning value"
        );
    }

    /// <summary>Brings the location into another state and appends the event that tells of it, once for each change.</summary>
    /// <param name="transaction">The transaction of whoever learned of it.</param>
    /// <param name="locationId">The location.</param>
    /// <param name="state">What <see cref="LocationStates"/> says.</param>
    /// <param name="reason">What showed it, for people; nothing personal.</param>
    /// <param name="owner">Who owns it now, where it was taken over.</param>
    /// <returns>False where the location is in that state already, or is not there.</returns>
    public async Task<bool> SetStateAsync(
        WriteTransaction transaction,
        string locationId,
        LocationState state,
        string? reason = null,
        MdmInfo? owner = null
    )
    {
        var location = await transaction.FirstOrDefaultAsync<Location>(
            $"{Select} where location_id = @locationId",
            new { locationId }
        );
        if (location is null || location.State == state)
        {
            return false;
        }

        var changed = location with
        {
            StateWord = state.Word(),
            StateReason = reason,
            StateSince = await transaction.NowAsync(),
        };
        await transaction.ExecuteAsync(
            """
            update location
            set state = @StateWord, state_reason = @StateReason, state_since = @StateSince
            where location_id = @LocationId
            """,
            changed
        );
        if (LocationEvents.OfState(changed, owner) is { } told)
        {
            await EventLog.AppendAsync(transaction, database, [told]);
        }

        return true;
    }

    /// <summary>Lets Apple alone for the location until then, also after a restart; one that reaches further stays.</summary>
    /// <param name="until">Unix milliseconds.</param>
    public static Task PauseAsync(WriteTransaction transaction, string locationId, long until) =>
        transaction.ExecuteAsync(
            """
            update location
            set paused_until = @until
            where location_id = @locationId and (paused_until is null or paused_until < @until)
            """,
            new { locationId, until }
        );

    /// <summary>Notes the end of the content token, as an answer of Apple names it.</summary>
    public static Task SetTokenExpiryAsync(WriteTransaction transaction, string locationId, DateTimeOffset expiresAt) =>
        transaction.ExecuteAsync(
            "update location set token_expires_at = @expires where location_id = @locationId",
            new { locationId, expires = expiresAt.ToUnixTimeMilliseconds() }
        );

    public static string WriteTypes(IEnumerable<string> types) => JsonSerializer.Serialize(types);

    public static IReadOnlyList<string> ReadTypes(string? types) =>
        types is null ? [] : JsonSerializer.Deserialize<string[]>(types)!;
}
