using System.Text.Json;
using Azure.Messaging.ServiceBus;
using NotificationHub.Events;
using NotificationHub.Simulator.Apple.State;

namespace NotificationHub.Simulator.Demonstration;

/// <summary>
/// A downstream team: it maintains a copy of a location's assets and assignments from the <c>*.changed</c> events
/// alone, by revision, and never calls Apple.
/// </summary>
internal sealed class Subscriber
{
    private readonly Dictionary<string, (string Revision, AssetRecord? Record)> assets = new(StringComparer.Ordinal);
    private readonly Dictionary<AssignmentRecord, (string Revision, AssignmentRecord? Record)> assignments = [];

    public IEnumerable<AssetRecord> Assets => assets.Values.Select(entry => entry.Record).OfType<AssetRecord>();

    public IEnumerable<AssignmentRecord> Assignments =>
        assignments.Values.Select(entry => entry.Record).OfType<AssignmentRecord>();

    public void Apply(ServiceBusReceivedMessage message)
    {
        if (message.Subject == EventTypes.Of(EventNames.AssetChanged))
        {
            var change = Read<AssetRecord>(message);
            var record = change.Data!.After ?? change.Data.Before!;
            Apply(assets, $"{record.AdamId}/{record.PricingParam}", change);
        }
        else if (message.Subject == EventTypes.Of(EventNames.AssignmentChanged))
        {
            var change = Read<AssignmentRecord>(message);
            Apply(assignments, change.Data!.After ?? change.Data.Before!, change);
        }
    }

    /// <summary>Number of records that are missing, superfluous or different in this copy.</summary>
    public int DifferencesTo(SimulatedState state)
    {
        HashSet<(string, string, long?, long?)> ours =
        [
            .. Assets.Select(asset => (asset.AdamId, asset.PricingParam, asset.TotalCount, asset.AssignedCount)),
        ];
        HashSet<(string, string, long?, long?)> theirs =
        [
            .. state.Assets.Select(asset =>
                (asset.AdamId, asset.PricingParam, (long?)asset.Total, (long?)asset.Assigned)
            ),
        ];
        HashSet<(string, string, string?, string?)> held =
        [
            .. Assignments.Select(assignment =>
                (assignment.AdamId, assignment.PricingParam, assignment.SerialNumber, assignment.ClientUserId)
            ),
        ];
        HashSet<(string, string, string?, string?)> holds =
        [
            .. state.Assignments.Select(assignment =>
                (assignment.AdamId, assignment.PricingParam, assignment.SerialNumber, assignment.ClientUserId)
            ),
        ];
        ours.SymmetricExceptWith(theirs);
        held.SymmetricExceptWith(holds);
        return ours.Count + held.Count;
    }

    private static CloudEvent<RecordChange<TRecord>> Read<TRecord>(ServiceBusReceivedMessage message)
        where TRecord : class =>
        JsonSerializer.Deserialize<CloudEvent<RecordChange<TRecord>>>(
            message.Body.ToMemory().Span,
            EventJsonContext.Wire.Options
        )!;

    private static void Apply<TKey, TRecord>(
        Dictionary<TKey, (string Revision, TRecord? Record)> copy,
        TKey key,
        CloudEvent<RecordChange<TRecord>> change
    )
        where TKey : notnull
        where TRecord : class
    {
        // Revisions are zero-padded, so they compare as text.
        if (!copy.TryGetValue(key, out var known) || string.CompareOrdinal(known.Revision, change.Revision) < 0)
        {
            copy[key] = (change.Revision!, change.Data!.After);
        }
    }
}
