using System.Data.Common;
using Dapper;

namespace NotificationHub.Storage;

// An entry is written in the transaction of the action that it records, if the action has one.
internal static class AuditLog
{
    public static async Task<long> RecordAsync(
        WriteTransaction transaction,
        Actor actor,
        AuditedAct act,
        string outcome
    ) =>
        await transaction.ScalarAsync<long>(
            transaction.Sql("RecordAudit"),
            new
            {
                now = await transaction.NowAsync(),
                actor.Name,
                actor.Origin,
                act.Action,
                act.LocationId,
                act.Subject,
                outcome,
            }
        );

    /// <summary>Records the outcome of an action that was recorded as started.</summary>
    public static Task CloseAsync(
        WriteTransaction transaction,
        long seq,
        string outcome,
        string? locationId = null,
        string? detail = null
    ) =>
        transaction.ExecuteAsync(
            """
            update audit_entry
            set outcome = @outcome, location_id = coalesce(@locationId, location_id), detail = @detail
            where seq = @seq
            """,
            new
            {
                seq,
                outcome,
                locationId,
                detail,
            }
        );

    /// <param name="after">The seq before the first entry; null for the latest entries.</param>
    /// <param name="before">The seq after the last entry; null for no limit.</param>
    public static async Task<IReadOnlyList<AuditEntry>> ListAsync(
        DbConnection connection,
        long? after,
        int limit,
        long? before = null
    )
    {
        var entries = await connection.QueryAsync<AuditEntry>(
            $"""
            select seq, at, actor, origin, action, location_id Location, subject, outcome, detail
            from audit_entry
            where seq > @after and seq < @before
            order by seq {(after is null ? "desc" : "asc")}
            {connection.Limit("@limit")}
            """,
            new
            {
                after = after ?? 0,
                before = before ?? long.MaxValue,
                limit,
            }
        );
        return [.. entries.OrderBy(entry => entry.Seq)];
    }
}

/// <param name="Subject">For example <c>event 17</c>. Contains no secret and no personal data.</param>
internal sealed record AuditedAct(string Action, string? LocationId = null, string? Subject = null);

internal static class AuditOutcome
{
    /// <summary>The action is in progress or was interrupted.</summary>
    public const string Started = "started";

    public const string Succeeded = "succeeded";

    /// <summary>The current state does not allow the action; nothing was changed.</summary>
    public const string Refused = "refused";

    public const string Failed = "failed";
}

internal sealed record AuditEntry
{
    public required long Seq { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary><c>key:NAME</c>, <c>entra:OBJECT-ID</c>, <c>os:USER</c>, or <c>loopback</c> in Development.</summary>
    public required string Actor { get; init; }

    /// <summary>An address, or a machine for commands.</summary>
    public required string Origin { get; init; }

    public required string Action { get; init; }

    public string? Location { get; init; }

    public string? Subject { get; init; }

    /// <summary><c>started</c>, <c>succeeded</c>, <c>refused</c> (nothing was changed) or <c>failed</c>.</summary>
    public required string Outcome { get; init; }

    public string? Detail { get; init; }
}

/// <summary>The person or program that requests a change.</summary>
/// <param name="Name">For example <c>key:pipeline</c>, <c>entra:…</c> or <c>os:alice</c>.</param>
/// <param name="Origin">The address, or the command line of a machine.</param>
internal sealed record Actor(string Name, string Origin)
{
    public static Actor CommandLine { get; } =
        new($"os:{Environment.UserName}", $"command line of {Environment.MachineName}");
}

/// <summary>An exception whose audit entry says more than its type.</summary>
internal interface IAuditedError
{
    /// <summary>Whether the request was rejected and changed nothing.</summary>
    bool IsRejection { get; }

    string AuditDetail { get; }
}

/// <summary>
/// Audits actions that take more than one transaction. The entry exists before the action starts, so that even a crash leaves one.
/// </summary>
internal sealed partial class AuditTrail(Database database, ILogger<AuditTrail> logger)
{
    /// <summary>Records an act that changes nothing else, such as a view of personal data.</summary>
    public Task RecordAsync(Actor actor, AuditedAct act, CancellationToken cancellationToken) =>
        database.WriteAsync(
            transaction => AuditLog.RecordAsync(transaction, actor, act, AuditOutcome.Succeeded),
            cancellationToken
        );

    public async Task<T> RunAsync<T>(
        Actor actor,
        AuditedAct act,
        Func<Task<T>> work,
        Func<T, string>? locationOf = null,
        Func<T, string?>? detailOf = null
    )
    {
        var seq = await database.WriteAsync(
            transaction => AuditLog.RecordAsync(transaction, actor, act, AuditOutcome.Started),
            CancellationToken.None
        );
        T result;
        try
        {
            result = await work();
        }
        catch (Exception exception)
        {
            var (outcome, detail) = exception switch
            {
                IAuditedError error => (
                    error.IsRejection ? AuditOutcome.Refused : AuditOutcome.Failed,
                    error.AuditDetail
                ),
                OperationCanceledException => (AuditOutcome.Failed, "interrupted"),
                _ => (AuditOutcome.Failed, exception.GetType().Name),
            };
            await CloseAsync(seq, outcome, locationId: null, detail);
            throw;
        }

        await CloseAsync(seq, AuditOutcome.Succeeded, locationOf?.Invoke(result), detailOf?.Invoke(result));
        return result;
    }

    private async Task CloseAsync(long seq, string outcome, string? locationId, string? detail)
    {
        try
        {
            await database.WriteAsync(
                transaction => AuditLog.CloseAsync(transaction, seq, outcome, locationId, detail),
                // A canceled request has an outcome, too.
                CancellationToken.None
            );
        }
        // The action has finished, and its result may hold the only copy of a secret. So this must not throw.
        catch (Exception exception)
        {
            Log.NotClosed(logger, seq, outcome, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "Could not record the outcome {Outcome} of audit entry {Seq}; the entry stays `started`."
        )]
        public static partial void NotClosed(ILogger logger, long seq, string outcome, Exception exception);
    }
}
