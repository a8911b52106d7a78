using System.Data.Common;
using Dapper;
using NotificationHub.Events;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

/// <summary>Which operations are meant; null means any.</summary>
internal sealed record OperationFilter(string? LocationId, string? State);

/// <summary>The statements over <c>operation</c>, but for what routing hears.</summary>
internal static class OperationStore
{
    private const string Columns = """
        event_id EventId, location_id LocationId, state, kind, deferred, tasks, announced_by AnnouncedBy,
            announced_at AnnouncedAt, started_at StartedAt, last_notification_at LastNotificationAt, notifications, succeeded, failed,
            due_at DueAt, last_polled_at LastPolledAt, polls, last_error LastError, closed_at ClosedAt, requested, completed, missed
        """;

    /// <summary>A seek in the index for each location, however many operations there are.</summary>
    public const string DueLocations = $"""
        select l.location_id
        from location l
        where {LocationStates.Callable}
            and (l.paused_until is null or l.paused_until <= @now)
            and exists
            (
                select 1
                from operation o
                where o.location_id = l.location_id and o.closed_at is null and o.due_at <= @now
            )
        """;

    public static string Due(DbConnection connection) =>
        $"""
            {Select}
            where location_id = @locationId and closed_at is null and due_at <= @now
            order by due_at
            {connection.Limit("@limit")}
            """;

    public static string Counted(DbConnection connection) =>
        $"{Select} where counted <> 0 order by counted {connection.Limit("@limit")}";

    // Only the conditions that apply: with "@LocationId is null or …" in it, a statement scans the table.
    public static string List(DbConnection connection, OperationFilter filter) =>
        $"""
            {Select}
            where 1 = 1{Conditions(filter)}
            order by started_at desc, event_id
            {connection.Limit("@limit")}
            """;

    private static string Conditions(OperationFilter filter) =>
        (filter.LocationId is null ? "" : " and location_id = @LocationId")
        + (filter.State is null ? "" : " and state = @State");

    private const string Select = $"select {Columns} from operation";

    private const string IsOne = "event_id = @EventId and location_id = @LocationId";

    /// <summary>The operations of that id: one, unless two locations bear witness to it.</summary>
    public static Task<IReadOnlyList<Operation>> FindAsync(DbConnection connection, string eventId) =>
        QueryAsync(
            connection,
            $"select {Columns}, report from operation where event_id = @eventId order by location_id",
            new { eventId }
        );

    /// <summary>The latest first.</summary>
    public static Task<IReadOnlyList<Operation>> ListAsync(
        DbConnection connection,
        OperationFilter filter,
        int limit
    ) =>
        QueryAsync(
            connection,
            List(connection, filter),
            new
            {
                filter.LocationId,
                filter.State,
                limit,
            }
        );

    /// <summary>Those of which as much was heard as they have tasks.</summary>
    public static Task<IReadOnlyList<Operation>> ReadCountedAsync(DbConnection connection, int limit) =>
        QueryAsync(connection, Counted(connection), new { limit });

    /// <summary>The location's operations that Apple is to be asked for, those that wait longest first.</summary>
    public static Task<IReadOnlyList<Operation>> ReadDueAsync(
        DbConnection connection,
        string locationId,
        long now,
        int limit
    ) =>
        QueryAsync(
            connection,
            Due(connection),
            new
            {
                locationId,
                now,
                limit,
            }
        );

    /// <summary>The locations that Apple may be asked for now and that have something due.</summary>
    public static async Task<IReadOnlyList<string>> DueLocationsAsync(DbConnection connection, long now) =>
        (await connection.QueryAsync<string>(DueLocations, new { now })).AsList();

    /// <summary>Notes that Apple is being asked, so that nobody asks again too soon.</summary>
    /// <returns>False where the operation is not due any more: it was heard of, or has ended.</returns>
    public static async Task<bool> ClaimAsync(WriteTransaction transaction, Operation operation, long now) =>
        await transaction.ExecuteAsync(
            $"""
            update operation
            set last_polled_at = @now, due_at = @nextAt
            where {IsOne} and closed_at is null and due_at = @DueAt
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                operation.DueAt,
                now,
                nextAt = now + (long)OperationTiming.AnswerTime.TotalMilliseconds,
            }
        ) == 1;

    /// <summary>Puts the next question off; what was heard meanwhile has put it off for itself.</summary>
    public static Task PostponeAsync(
        WriteTransaction transaction,
        Operation operation,
        string? fault,
        long lastPolledAt,
        long dueAt
    ) =>
        transaction.ExecuteAsync(
            $"""
            update operation
            set last_polled_at = @lastPolledAt, last_error = @fault,
                polls = case when notifications = @Notifications then polls + 1 else polls end,
                due_at = case when notifications = @Notifications or due_at < @dueAt then @dueAt else due_at end
            where {IsOne} and closed_at is null
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                operation.Notifications,
                lastPolledAt,
                fault,
                dueAt,
            }
        );

    /// <summary>Brings the operation into a state that it was not in before.</summary>
    /// <returns>False where it is in that state, or has ended.</returns>
    public static async Task<bool> EnterAsync(
        WriteTransaction transaction,
        Operation operation,
        string state,
        OperationReport report,
        string data,
        long? closedAt
    ) =>
        await transaction.ExecuteAsync(
            $"""
            update operation
            set state = @state, kind = coalesce(kind, @Kind), report = @data, requested = @Requested, completed = @Completed,
                missed = @Failed, closed_at = @closedAt,
                counted = case when @closedAt is null then counted else 0 end
            where {IsOne} and closed_at is null and state <> @state
            """,
            new
            {
                operation.EventId,
                operation.LocationId,
                state,
                report.Kind,
                report.Requested,
                report.Completed,
                report.Failed,
                data,
                closedAt,
            }
        ) == 1;

    /// <summary>What was heard does not settle it; more that is heard is looked at again.</summary>
    public static Task UncountAsync(WriteTransaction transaction, Operation operation) =>
        transaction.ExecuteAsync(
            $"update operation set counted = 0 where {IsOne} and notifications = @Notifications",
            operation
        );

    private static async Task<IReadOnlyList<Operation>> QueryAsync(
        DbConnection connection,
        string sql,
        object parameters
    ) => (await connection.QueryAsync<Operation>(sql, parameters)).AsList();
}
