using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A consumer that follows <c>docs/events.md</c>. Messages may come twice and out of order: for each record, the highest revision wins.
/// After a restore, the consumer deletes the records that were not restated.
/// </summary>
internal sealed class RevisionCopy
{
    private static readonly CloudEventWriter Writer = new(Options.Create(new PublishingOptions()));

    private readonly Dictionary<(string Location, string Subject), (string Revision, JsonElement? Record)> records = [];

    /// <summary>The floor of each location and kind; events with a lower revision are ignored.</summary>
    private readonly Dictionary<(string Location, string Kind), string> floors = [];

    /// <summary>The last restore: events of locations that it does not list are ignored below its revision.</summary>
    private (string FromRevision, HashSet<string> Locations)? restored;

    public void Apply(IEnumerable<EventEntry> events)
    {
        foreach (var entry in events)
        {
            Apply(entry);
        }
    }

    /// <summary>Replaces a location's records of one kind by a snapshot.</summary>
    /// <param name="kind">The first segment of the subjects.</param>
    /// <param name="sequence">The sequence in the header, as 19 digits.</param>
    /// <param name="lines">The response body.</param>
    public void LoadSnapshot(string location, string kind, string sequence, byte[] lines)
    {
        foreach (
            var (key, _) in records.Where(pair => pair.Key.Location == location && KindOf(pair.Key.Subject) == kind)
        )
        {
            records.Remove(key);
        }

        RaiseFloor(location, kind, sequence);
        foreach (var line in Encoding.UTF8.GetString(lines).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var row = JsonElement.Parse(line);
            records[(location, $"{kind}/{Text(row, "key")}")] = (Text(row, "revision"), row.GetProperty("record"));
        }
    }

    /// <summary>The records of a location as lines of subject and record.</summary>
    public IReadOnlyList<string> Lines(string location) =>
        [
            .. records
                .Where(pair => pair.Key.Location == location && pair.Value.Record is not null)
                .Select(pair => StateLines.Of(pair.Key.Subject, pair.Value.Record!.Value.GetRawText()))
                .Order(StringComparer.Ordinal),
        ];

    private void Apply(EventEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Writer.Write(entry, buffer);
        using var message = JsonDocument.Parse(buffer.WrittenMemory);
        var root = message.RootElement;
        var data = root.GetProperty("data");
        if (entry.Type == EventNames.HubRestored)
        {
            Restore(data);
        }
        else if (
            entry.Type != EventNames.LocationRestated
            && entry.Type.EndsWith(".restated", StringComparison.Ordinal)
        )
        {
            var (location, kind, from) = (Text(root, "location"), Text(root, "subject"), Text(data, "fromRevision"));
            RaiseFloor(location, kind, from);
            Drop(from, (otherLocation, otherKind) => otherLocation == location && otherKind == kind);
        }
        else if (root.TryGetProperty("revision", out var revision))
        {
            Change(Text(root, "location"), Text(root, "subject"), revision.GetString()!, data.GetProperty("after"));
        }
    }

    private void Restore(JsonElement data)
    {
        var from = Text(data, "fromRevision");
        if (restored is { } earlier && string.CompareOrdinal(earlier.FromRevision, from) >= 0)
        {
            return;
        }

        HashSet<string> locations = [.. data.GetProperty("locations").EnumerateArray().Select(id => id.GetString()!)];
        restored = (from, locations);
        Drop(from, (location, _) => !locations.Contains(location));
    }

    private void Drop(string from, Func<string, string, bool> matches)
    {
        foreach (
            var (key, _) in records.Where(pair =>
                matches(pair.Key.Location, KindOf(pair.Key.Subject))
                && string.CompareOrdinal(pair.Value.Revision, from) < 0
            )
        )
        {
            records.Remove(key);
        }
    }

    private void RaiseFloor(string location, string kind, string from)
    {
        if (string.CompareOrdinal(floors.GetValueOrDefault((location, kind), ""), from) < 0)
        {
            floors[(location, kind)] = from;
        }
    }

    private void Change(string location, string subject, string revision, JsonElement after)
    {
        if (
            IsOutdated(location, subject, revision)
            || (
                records.TryGetValue((location, subject), out var known)
                && string.CompareOrdinal(known.Revision, revision) >= 0
            )
        )
        {
            return;
        }

        records[(location, subject)] = (revision, after.ValueKind == JsonValueKind.Null ? null : after.Clone());
    }

    private bool IsOutdated(string location, string subject, string revision)
    {
        var floor = floors.GetValueOrDefault((location, KindOf(subject)), "");
        return string.CompareOrdinal(revision, floor) < 0
            || (
                restored is { } known
                && !known.Locations.Contains(location)
                && string.CompareOrdinal(revision, known.FromRevision) < 0
            );
    }

    private static string KindOf(string subject) => subject[..subject.IndexOf('/', StringComparison.Ordinal)];

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
