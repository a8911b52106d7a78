using NotificationHub.Hosting;

namespace NotificationHub.Storage;

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
    /// <param name="locationOf">Finds the location if only the result names it.</param>
    public async Task<T> RunAsync<T>(
        Actor actor,
        AuditedAct act,
        Func<Task<T>> work,
        Func<T, string>? locationOf = null
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

        await CloseAsync(seq, AuditOutcome.Succeeded, locationOf?.Invoke(result), detail: null);
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

internal static class AuditSetup
{
    public static void AddAudit(this HubBuilder hub) => hub.Services.AddSingleton<AuditTrail>();
}
