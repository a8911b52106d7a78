using NotificationHub.Storage;

namespace NotificationHub.Locations.Monitoring;

/// <summary>Tells the audit log where a person's look at Apple has changed a location's state; a look that changes nothing leaves no entry.</summary>
/// <param name="Actor">Who looked.</param>
/// <param name="Action">By which command.</param>
internal sealed record StateAudit(Actor Actor, string Action)
{
    /// <summary>Notes the change, in its transaction.</summary>
    public Task RecordAsync(WriteTransaction transaction, Location before, LocationState now) =>
        AuditLog.RecordAsync(
            transaction,
            Actor,
            new AuditedAct(Action, before.LocationId, $"state {before.StateName} to {now.ToWireName()}"),
            AuditOutcome.Succeeded
        );
}
