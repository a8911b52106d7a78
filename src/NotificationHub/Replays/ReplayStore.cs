using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Replays;

internal static class ReplayStore
{
    /// <summary>The maximum number of unfinished replays.</summary>
    public const int MaxUnfinished = 20;

    /// <summary>How long after its request an unfinished replay holds back the deletion of its events.</summary>
    public static readonly TimeSpan LongestHold = TimeSpan.FromDays(7);

    public static readonly TimeSpan KeepFinished = TimeSpan.FromDays(30);

    private const string Select = """
        select replay_id Id, topic, subscription, type, location_id Location, after_seq After, up_to_seq UpTo, rate, state, position, events,
            sent, rejected, error, requested_by RequestedBy, requested_at RequestedAt, started_at StartedAt,
            last_progress_at LastProgressAt, finished_at FinishedAt
        from replay
        """;

    /// <summary>Lists replays, latest first; null means any topic or state.</summary>
    public static Task<IReadOnlyList<Replay>> ListAsync(
        DbConnection connection,
        string? topic,
        string? state,
        int limit
    ) =>
        connection.ListAsync<Replay>(
            $"""
            {Select}
            where (@topic is null or topic = @topic) and (@state is null or state = @state)
            order by requested_at desc, replay_id
            {connection.Limit("@limit")}
            """,
            new
            {
                topic,
                state,
                limit,
            }
        );

    /// <summary>Lists the unfinished replays in the order in which they run.</summary>
    public static Task<IReadOnlyList<Replay>> ListUnfinishedAsync(DbConnection connection) =>
        connection.ListAsync<Replay>($"{Select} where finished_at is null order by topic, requested_at, replay_id");

    public static Task<Replay?> FindAsync(DbConnection connection, string id) =>
        connection.QueryFirstOrDefaultAsync<Replay>($"{Select} where replay_id = @id", new { id });

    /// <returns>False if there are too many unfinished replays.</returns>
    public static async Task<bool> AddAsync(WriteTransaction transaction, Replay replay)
    {
        var unfinished = await transaction.ScalarAsync<long>("select count(*) from replay where finished_at is null");
        if (unfinished >= MaxUnfinished)
        {
            return false;
        }

        await transaction.ExecuteAsync(
            """
            insert into replay
            (
                replay_id, topic, subscription, type, location_id, after_seq, up_to_seq, rate, state, position, events, sent, rejected,
                requested_by, requested_at
            )
            values
            (
                @Id, @Topic, @Subscription, @Type, @Location, @After, @UpTo, @Rate, @State, @Position, @Events, 0, 0, @RequestedBy,
                @RequestedAt
            )
            """,
            replay
        );
        return true;
    }

    /// <summary>Records a batch and, at the end of the range, completes the replay.</summary>
    /// <returns>Whether the replay continues.</returns>
    public static async Task<bool> MoveAsync(
        WriteTransaction transaction,
        Replay replay,
        long position,
        long sent,
        long rejected,
        DateTimeOffset now
    )
    {
        // A canceled replay keeps its state, and its counts include the batch that was being sent.
        await transaction.ExecuteAsync(
            """
            update replay
            set position = @position, sent = sent + @sent, rejected = rejected + @rejected, last_progress_at = @now,
                started_at = coalesce(started_at, @now), error = null,
                state = case when finished_at is not null then state when up_to_seq <= @position then @Completed else @Running end,
                finished_at = case when finished_at is not null then finished_at when up_to_seq <= @position then @now end
            where replay_id = @Id and position = @from
            """,
            new
            {
                replay.Id,
                from = replay.Position,
                position,
                sent,
                rejected,
                now,
                ReplayState.Completed,
                ReplayState.Running,
            }
        );
        return await transaction.ScalarAsync<string>(
                "select state from replay where replay_id = @Id",
                new { replay.Id }
            ) == ReplayState.Running;
    }

    /// <summary>Records why the replay is paused.</summary>
    public static Task PauseAsync(WriteTransaction transaction, string id, string error) =>
        transaction.ExecuteAsync(
            "update replay set error = @error where replay_id = @id and finished_at is null",
            new { id, error }
        );

    /// <returns>False if the replay had finished before.</returns>
    public static async Task<bool> EndAsync(
        WriteTransaction transaction,
        string id,
        string state,
        string? error,
        DateTimeOffset now
    ) =>
        await transaction.ExecuteAsync(
            "update replay set state = @state, error = @error, finished_at = @now where replay_id = @id and finished_at is null",
            new
            {
                id,
                state,
                error,
                now,
            }
        ) == 1;
}
