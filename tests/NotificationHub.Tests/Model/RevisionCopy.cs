using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A consumer that has nothing but messages, which come twice and out of order, and follows <c>docs/events.md</c>: of each record it keeps what
/// the highest revision states, and after a restore drops what was not restated.
/// </summary>
internal sealed class RevisionCopy
{
    private static readonly CloudEventWriter Writer = new(Options.Create(new PublishingOptions()));

    private readonly Dictionary<(string Location, string Subject), (string Revision, JsonElement? Record)> records = [];

    /// <summary>By location and kind (as subjects begin): events with a smaller revision are void.</summary>
    private readonly Dictionary<(string Location, string Kind), string> floors = [];

    /// <summary>What holds for every location that the restored hub does not have.</summary>
    private (string FromRevision, HashSet<string> Locations)? restored;

    public void Apply(IEnumerable<EventEntry> events)
    {
        foreach (var entry in events)
        {
            Apply(entry);
        }
    }

    /// <summary>Begins anew with a snapshot of a location's records of one kind.</summary>
    /// <param name="kind">As the subjects begin.</param>
    /// <param name="sequence">That of the header, as 19 digits.</param>
    /// <param name="lines">The answer.</param>
    public void StartOver(string location, string kind, string sequence, byte[] lines)
    {
        foreach (
            var (key, _) in records.Where(pair => pair.Key.Location == location && KindOf(pair.Key.Subject) == kind)
        )
        {
            records.Remove(key);
        }

        Raise(location, kind, sequence);
        foreach (var line in Encoding.UTF8.GetString(lines).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var row = JsonElement.Parse(line);
            records[(location, $"{kind}/{Text(row, "key")}")] = (Text(row, "revision"), row.GetProperty("record"));
        }
    }

    /// <summary>What there is of a location, as subject and record.</summary>
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
            Raise(location, kind, from);
            Drop(from, (of, ofKind) => of == location && ofKind == kind);
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

    private void Drop(string from, Func<string, string, bool> isOf)
    {
        foreach (
            var (key, _) in records.Where(pair =>
                isOf(pair.Key.Location, KindOf(pair.Key.Subject))
                && string.CompareOrdinal(pair.Value.Revision, from) < 0
            )
        )
        {
            records.Remove(key);
        }
    }

    private void Raise(string location, string kind, string from)
    {
        if (string.CompareOrdinal(floors.GetValueOrDefault((location, kind), ""), from) < 0)
        {
            floors[(location, kind)] = from;
        }
    }

    private void Change(string location, string subject, string revision, JsonElement after)
    {
        if (
            IsVoid(location, subject, revision)
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

    private bool IsVoid(string location, string subject, string revision)
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
