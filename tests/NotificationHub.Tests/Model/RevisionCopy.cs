using System.Buffers;
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

    /// <summary>Applies the events as they may arrive: some twice, and each up to some hundred places from where it belongs.</summary>
    public void Apply(IEnumerable<EventEntry> events, Random random)
    {
        List<EventEntry> messages = [.. events];
        messages.AddRange(messages.Where(_ => random.Next(10) == 0).ToList());
        Apply(messages.OrderBy(message => message.Seq + random.Next(300)));
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
            Drop(Text(root, "location"), Text(root, "subject"), Text(data, "fromRevision"));
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
        foreach (
            var (key, _) in records.Where(pair => IsVoid(pair.Key.Location, pair.Key.Subject, pair.Value.Revision))
        )
        {
            records.Remove(key);
        }
    }

    private void Drop(string location, string kind, string from)
    {
        if (string.CompareOrdinal(floors.GetValueOrDefault((location, kind), ""), from) >= 0)
        {
            return;
        }

        floors[(location, kind)] = from;
        foreach (
            var (key, _) in records.Where(pair => IsVoid(pair.Key.Location, pair.Key.Subject, pair.Value.Revision))
        )
        {
            records.Remove(key);
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
        var kind = subject[..subject.IndexOf('/', StringComparison.Ordinal)];
        return string.CompareOrdinal(revision, floors.GetValueOrDefault((location, kind), "")) < 0
            || (
                restored is { } known
                && !known.Locations.Contains(location)
                && string.CompareOrdinal(revision, known.FromRevision) < 0
            );
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
