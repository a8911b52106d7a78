using System.Data.Common;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Dapper;
using NotificationHub.Apple;
using NotificationHub.Locations.Takeovers;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

// After a change of a location, uId or secret, call IncrementVersionAsync in the same transaction.
/// <summary>The statements over <c>location</c>.</summary>
internal static class LocationStore
{
    public const int PageRows = 1_000;

    private const string Select = """
        select location_id LocationId, u_id UId, name, country, state StateName, state_reason StateReason, state_since StateSince,
            receive_only ReceiveOnly, mdm_id MdmId, mdm_name MdmName, mdm_metadata MdmMetadata, notification_url NotificationUrl,
            notification_types NotificationTypes, content_token ContentToken, token_expires_at TokenExpiresAt,
            token_read_only TokenReadOnly, paused_until PausedUntil, created_at CreatedAt, registered_at RegisteredAt, removed_at RemovedAt,
            restate_from RestateFrom
        from location
        """;

    private const string Update = """
        update location
        set u_id = @UId, name = @Name, country = @Country, state = @StateName, state_reason = null, state_since = @StateSince, mdm_id = @MdmId,
            mdm_name = @MdmName, mdm_metadata = @MdmMetadata, notification_url = @NotificationUrl,
            notification_types = @NotificationTypes, content_token = @ContentToken, token_expires_at = @TokenExpiresAt,
            token_read_only = 0, registered_at = @RegisteredAt, expiry_step = null
        where location_id = @LocationId
        """;

    private const string Insert = """
        insert into location
        (
            location_id, u_id, name, country, state, state_since, receive_only, mdm_id, mdm_name, mdm_metadata, notification_url,
            notification_types, content_token, token_expires_at, token_read_only, read_number, created_at, registered_at
        )
        values
        (
            @LocationId, @UId, @Name, @Country, @StateName, @StateSince, @ReceiveOnly, @MdmId, @MdmName, @MdmMetadata, @NotificationUrl,
            @NotificationTypes, @ContentToken, @TokenExpiresAt, 0, 0, @CreatedAt, @RegisteredAt
        )
        """;

    // The first condition is redundant, but lets the index be used.
    public static string PageSql(DbConnection connection, string? state = null) =>
        $"""
            {Select}
            where created_at >= @CreatedAt and (created_at > @CreatedAt or location_id > @LocationId)
                {StateCondition(state)}
            order by created_at, location_id
            {connection.Limit("@limit")}
            """;

    private static string StateCondition(string? state) => state is null ? "" : "and state = @state";

    /// <summary>A page of locations, oldest first; empty if location <paramref name="after"/> does not exist.</summary>
    /// <param name="state">Only locations in this state.</param>
    public static async Task<IReadOnlyList<Location>> ListAsync(
        DbConnection connection,
        string? after = null,
        int limit = PageRows,
        string? state = null
    )
    {
        var from = after is null ? null : await FindAsync(connection, after);
        if (after is not null && from is null)
        {
            return [];
        }

        return (
            await connection.QueryAsync<Location>(
                PageSql(connection, state),
                new
                {
                    CreatedAt = from?.CreatedAt ?? DateTimeOffset.MinValue,
                    LocationId = from?.LocationId ?? "",
                    state,
                    limit,
                }
            )
        ).AsList();
    }

    /// <summary>Reads the locations that are not removed. No statement stays open while the caller uses them.</summary>
    public static async IAsyncEnumerable<Location> ReadCurrentAsync(
        Database database,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        string? after = null;
        while (
            await database.ReadAsync(connection => ListAsync(connection, after), cancellationToken)
                is { Count: > 0 } page
        )
        {
            foreach (var location in page.Where(location => location.State != LocationState.Removed))
            {
                yield return location;
            }

            after = page[^1].LocationId;
        }
    }

    public static Task<Location?> FindAsync(DbConnection connection, string locationId) =>
        connection.QueryFirstOrDefaultAsync<Location>($"{Select} where location_id = @locationId", new { locationId });

    public static Task<Location?> FindAsync(
        Database database,
        string locationId,
        CancellationToken cancellationToken
    ) => database.ReadAsync(connection => FindAsync(connection, locationId), cancellationToken);

    /// <exception cref="LocationException">The location does not exist.</exception>
    public static async Task<Location> GetAsync(
        Database database,
        string locationId,
        CancellationToken cancellationToken
    ) => await FindAsync(database, locationId, cancellationToken) ?? throw LocationException.NotFound(locationId);

    public static Task<Location?> FindByUIdAsync(DbConnection connection, string? uId) =>
        connection.QueryFirstOrDefaultAsync<Location>(
            $"{Select} where u_id = @uId and state <> 'removed'",
            new { uId }
        );

    public static async Task SaveAsync(WriteTransaction transaction, Location location)
    {
        if (await transaction.ExecuteAsync(Update, location) == 0)
        {
            await transaction.ExecuteAsync(Insert, location);
        }
    }

    /// <summary>Makes every replica reload the locations and secrets.</summary>
    /// <returns>The version that a replica reports once it has loaded them.</returns>
    public static async Task<long> IncrementVersionAsync(WriteTransaction transaction)
    {
        transaction.OnCommit(transaction.Signals.LocationsChanged);
        await transaction.ExecuteAsync("update change_counter set value = value + 1 where name = 'locations'");
        return await transaction.ScalarAsync<long>("select value from change_counter where name = 'locations'");
    }

    /// <summary>Sets the state, and appends the event that reports the change.</summary>
    /// <param name="used">The location with the content token of the request. If the stored token is another one, nothing changes.</param>
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
        if (LocationEventFactory.CreateStateChanged(changed, owner) is { } changeEvent)
        {
            transaction.AppendEvents([changeEvent]);
        }

        await PublishExpiryAsync(transaction, changed);
        return true;
    }

    /// <returns>Null if the location was deleted or has another content token now.</returns>
    private static async Task<Location?> FindCurrentAsync(WriteTransaction transaction, Location used)
    {
        var location = await transaction.FirstOrDefaultAsync<Location>(
            $"{Select} where location_id = @LocationId",
            new { used.LocationId }
        );
        return location is not null && location.HasTokenOf(used) ? location : null;
    }

    /// <summary>Appends <c>location.token-expiring</c> once for each step that the content token reaches.</summary>
    public static async Task PublishExpiryAsync(WriteTransaction transaction, Location location)
    {
        var now = await transaction.NowAsync();
        if (
            !LocationStates.MayCallApple(location.State)
            || LocationStates.ExpiryStep(location.TokenExpiresAt, now) is not { } step
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
            transaction.AppendEvents([LocationEventFactory.CreateTokenExpiring(location, step, now)]);
        }
    }

    /// <summary>Pauses scheduled calls to Apple, unless the content token was replaced. It never shortens a pause.</summary>
    public static async Task PauseAsync(WriteTransaction transaction, Location used, DateTimeOffset until)
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
            new { used.LocationId, expires = expiresAt }
        );
    }

    /// <summary>Records that Apple refused a change with this content token.</summary>
    public static Task SetTokenReadOnlyAsync(WriteTransaction transaction, Location used) =>
        transaction.ExecuteAsync(
            "update location set token_read_only = 1 where location_id = @LocationId and content_token = @ContentToken",
            used
        );

    public static Task SetCountryAsync(WriteTransaction transaction, string locationId, string country) =>
        transaction.ExecuteAsync(
            "update location set country = @country where location_id = @locationId",
            new { locationId, country }
        );

    public static Task SetConfigurationAsync(WriteTransaction transaction, Location location) =>
        transaction.ExecuteAsync(
            """
            update location
            set mdm_id = @MdmId, mdm_name = @MdmName, mdm_metadata = @MdmMetadata, notification_types = @NotificationTypes
            where location_id = @LocationId
            """,
            location
        );

    /// <summary>Replaces the content token, and ends the pause, which belonged to the old one.</summary>
    public static Task SetContentTokenAsync(WriteTransaction transaction, Location location) =>
        transaction.ExecuteAsync(
            """
            update location
            set content_token = @ContentToken, token_read_only = 0, name = @Name, paused_until = null,
                expiry_step = case when token_expires_at >= @TokenExpiresAt then expiry_step else null end,
                token_expires_at = @TokenExpiresAt
            where location_id = @LocationId
            """,
            location
        );

    /// <param name="reason">Why Apple still sends notifications to the hub; null if it does not.</param>
    public static Task SetRemovedAsync(
        WriteTransaction transaction,
        string locationId,
        string? reason,
        DateTimeOffset now
    ) =>
        transaction.ExecuteAsync(
            """
            update location
            set state = 'removed', state_reason = @reason, state_since = @now, removed_at = @now, content_token = null
            where location_id = @locationId
            """,
            new
            {
                locationId,
                reason,
                now,
            }
        );

    /// <summary>Replaces the time of a removal, unless it changed in the meantime.</summary>
    public static Task CorrectRemovalTimeAsync(
        WriteTransaction transaction,
        string locationId,
        DateTimeOffset from,
        DateTimeOffset to
    ) =>
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

    public static async Task DeleteAsync(WriteTransaction transaction, string locationId)
    {
        await transaction.ExecuteAsync(
            "delete from notification_secret where location_id = @locationId",
            new { locationId }
        );
        await ReplacedConfigurations.DeleteAsync(transaction, locationId);
        await transaction.ExecuteAsync("delete from location where location_id = @locationId", new { locationId });
    }

    public static string WriteTypes(IEnumerable<string> types) => JsonSerializer.Serialize(types);

    public static IReadOnlyList<string> ReadTypes(string? types) =>
        types is null ? [] : JsonSerializer.Deserialize<string[]>(types)!;
}
