using NotificationHub.Hosting;
using NotificationHub.Storage;

namespace NotificationHub.Locations;

/// <summary>
/// Audits what takes more than one transaction, such as everything that asks Apple: its entry is there before it begins, so that not
/// even the end of the process leaves a change without one.
/// </summary>
internal sealed partial class AuditTrail(Database database, ILogger<AuditTrail> logger)
{
    private const string Interrupted = "interrupted";

    /// <param name="actor">Who wants it.</param>
    /// <param name="act">What.</param>
    /// <param name="work">Does it.</param>
    /// <param name="locationOf">The location, where only the result names it.</param>
    public async Task<T> RunAsync<T>(
        Actor actor,
        AuditedAct act,
        Func<Task<T>> work,
        Func<T, string>? locationOf = null
    )
    {
        var seq = await database.WriteAsync(
            transaction => AuditLog.RecordAsync(transaction, actor, act, AuditOutcome.Begun),
            CancellationToken.None
        );
        T result;
        try
        {
            result = await work();
        }
        catch (LocationException fault)
        {
            await CloseAsync(
                seq,
                MayHaveChanged(fault.Fault) ? AuditOutcome.Failed : AuditOutcome.Refused,
                locationId: null,
                fault.Fault.ToWireName()
            );
            throw;
        }
        catch (Exception fault)
        {
            var detail = fault is OperationCanceledException ? Interrupted : fault.GetType().Name;
            await CloseAsync(seq, AuditOutcome.Failed, locationId: null, detail);
            throw;
        }

        await CloseAsync(seq, AuditOutcome.Done, locationOf?.Invoke(result), detail: null);
        return result;
    }

    private async Task CloseAsync(long seq, string outcome, string? locationId, string? detail)
    {
        try
        {
            await database.WriteAsync(
                transaction => AuditLog.CloseAsync(transaction, seq, outcome, locationId, detail),
                // Also when whoever asked has had enough.
                CancellationToken.None
            );
        }
        // The act is done, and its answer may hold the only copy of a secret. The entry keeps the outcome `begun`.
        catch (Exception fault)
        {
            Log.NotClosed(logger, seq, outcome, fault);
        }
    }

    private static bool MayHaveChanged(LocationFault fault) => fault == LocationFault.Unconfirmed;

    private static partial class Log
    {
        [LoggerMessage(
            LogLevel.Error,
            "The audit entry {Seq} stays as begun: its outcome, {Outcome}, cannot be written."
        )]
        public static partial void NotClosed(ILogger logger, long seq, string outcome, Exception exception);
    }
}

internal static class AuditSetup
{
    public static void AddAudit(this HubBuilder hub) => hub.Services.AddSingleton<AuditTrail>();
}

internal static class LocationFaultWord
{
    /// <summary>The word that programs read: <c>already-registered</c>.</summary>
    public static string ToWireName(this LocationFault fault) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString());
}
