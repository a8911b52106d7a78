using System.Data.Common;
using NotificationHub.Locations;
using NotificationHub.Storage;

namespace NotificationHub.OperationTracking;

internal sealed record OperationFilter(string? LocationId, string? State);

// OperationProgressBatch and Announcements write new operations.
internal static class OperationStore
{
    private const string Columns = """
        event_id EventId, location_id LocationId, state, kind, deferred, tasks, announced_by AnnouncedBy,
            announced_at AnnouncedAt, started_at StartedAt, last_notification_at LastNotificationAt, notifications, succeeded, failed,
            due_at DueAt, last_polled_at LastPolledAt, polls, last_error LastError, closed_at ClosedAt, requested, completed, missed
        """;

    // An index seek per location, independent of the number of operations.
    public const string DueLocationsSql = $"""
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

    public static string DueSql(DbConnection connection) =>
        $"""
            {Select}
            where location_id = @locationId and closed_at is null and due_at <= @now
            order by due_at
            {connection.Limit("@limit")}
            """;

    public static string CountedSql(DbConnection connection) =>
        $"{Select} where counted <> 0 order by counted {connection.Limit("@limit")}";

    // Only the conditions that apply: a condition such as "@LocationId is null or …" would scan the table.
    public static string ListSql(DbConnection connection, OperationFilter filter) =>
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

    /// <summary>Finds the operations with an ID: one, unless notifications of several locations name it.</summary>
    public static Task<IReadOnlyList<Operation>> FindAsync(DbConnection connection, string eventId) =>
        connection.ListAsync<Operation>(
            $"select {Columns}, report ReportJson from operation where event_id = @eventId order by location_id",
            new { eventId }
        );

    public static Task<IReadOnlyList<Operation>> ListAsync(
        DbConnection connection,
        OperationFilter filter,
        int limit
    ) =>
        connection.ListAsync<Operation>(
            ListSql(connection, filter),
            new
            {
                filter.LocationId,
                filter.State,
                limit,
            }
        );

    /// <summary>Reads the operations with as many reported tasks as announced ones.</summary>
    public static Task<IReadOnlyList<Operation>> ReadCountedAsync(DbConnection connection, int limit) =>
        connection.ListAsync<Operation>(CountedSql(connection), new { limit });

    /// <summary>Reads the location's operations that are due for a poll, the longest waiting first.</summary>
    public static Task<IReadOnlyList<Operation>> ReadDueAsync(
        DbConnection connection,
        string locationId,
        DateTimeOffset now,
        int limit
    ) =>
        connection.ListAsync<Operation>(
            DueSql(connection),
            new
            {
                locationId,
                now,
                limit,
            }
        );

    public static Task<IReadOnlyList<string>> DueLocationsAsync(DbConnection connection, DateTimeOffset now) =>
        connection.ListAsync<string>(DueLocationsSql, new { now });

    /// <summary>Records the poll before it is sent, so that the next one is not too early even after a crash.</summary>
    /// <returns>Whether the operation is still due.</returns>
    public static async Task<bool> ClaimAsync(WriteTransaction transaction, Operation operation, DateTimeOffset now) =>
        await transaction.ExecuteAsync(
            $"""
            update operation
            set last_polled_at = @now, due_at = @nextAt
            where {IsOne} and closed_at is null and due_at = @DueAt
            """,
            operation,
            new { now, nextAt = now + OperationTiming.ClaimTime }
        ) == 1;

    // A notification that arrived during the poll has postponed the next poll already.
    public static Task PostponeAsync(
        WriteTransaction transaction,
        Operation operation,
        string? error,
        DateTimeOffset lastPolledAt,
        DateTimeOffset dueAt
    ) =>
        transaction.ExecuteAsync(
            $"""
            update operation
            set last_polled_at = @LastPolledAt, last_error = @LastError,
                polls = case when notifications = @Notifications then polls + 1 else polls end,
                due_at = case when notifications = @Notifications or due_at < @DueAt then @DueAt else due_at end
            where {IsOne} and closed_at is null
            """,
            operation with
            {
                LastPolledAt = lastPolledAt,
                LastError = error,
                DueAt = dueAt,
            }
        );

    /// <summary>Enters the state, and returns whether it is new and the operation was open.</summary>
    public static async Task<bool> EnterAsync(WriteTransaction transaction, Operation entered) =>
        await transaction.ExecuteAsync(
            $"""
            update operation
            set state = @State, kind = coalesce(kind, @Kind), report = @ReportJson, requested = @Requested,
                completed = @Completed, missed = @Missed, closed_at = @ClosedAt,
                counted = case when @ClosedAt is null then counted else 0 end
            where {IsOne} and closed_at is null and state <> @State
            """,
            entered
        ) == 1;

    /// <summary>Clears the mark of an operation that is not complete; the next notification sets it again.</summary>
    /// <param name="pollAt">When to poll an operation that was never polled; null leaves its schedule.</param>
    public static Task ClearCountedAsync(WriteTransaction transaction, Operation operation, DateTimeOffset? pollAt) =>
        transaction.ExecuteAsync(
            $"""
            update operation
            set counted = 0, due_at = case when last_polled_at is null then coalesce(@pollAt, due_at) else due_at end
            where {IsOne} and notifications = @Notifications
            """,
            operation,
            new { pollAt }
        );
}
