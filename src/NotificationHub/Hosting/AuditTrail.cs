using NotificationHub.Locations;
using NotificationHub.Storage;
using NotificationHub.Storage.Auditing;

namespace NotificationHub.Hosting;

/// <summary>
/// Audits what takes more than one transaction, such as everything that asks Apple: its entry is there before it begins, so that not
/// even the end of the process leaves a change without one.
/// </summary>
internal sealed class AuditTrail(Database database)
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
        try
        {
            var result = await work();
            await CloseAsync(seq, AuditOutcome.Done, locationOf?.Invoke(result), detail: null);
            return result;
        }
        catch (LocationException fault)
        {
            await CloseAsync(
                seq,
                MayHaveChanged(fault.Fault) ? AuditOutcome.Failed : AuditOutcome.Refused,
                locationId: null,
                fault.Fault.Word()
            );
            throw;
        }
        catch (Exception fault)
        {
            var detail = fault is OperationCanceledException ? Interrupted : fault.GetType().Name;
            await CloseAsync(seq, AuditOutcome.Failed, locationId: null, detail);
            throw;
        }
    }

    private Task CloseAsync(long seq, string outcome, string? locationId, string? detail) =>
        database.WriteAsync(
            transaction => AuditLog.CloseAsync(transaction, seq, outcome, locationId, detail),
            // Also when whoever asked has had enough.
            CancellationToken.None
        );

    private static bool MayHaveChanged(LocationFault fault) => fault == LocationFault.Unconfirmed;
}

internal static class AuditSetup
{
    public static void AddAudit(this HubBuilder hub) => hub.Services.AddSingleton<AuditTrail>();
}

internal static class LocationFaultWord
{
    /// <summary>The word that programs read: <c>already-registered</c>.</summary>
    public static string Word(this LocationFault fault) =>
        System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(fault.ToString());
}
