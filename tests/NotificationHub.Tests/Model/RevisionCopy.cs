using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Model;

/// <summary>
/// A consumer that has nothing but messages, which come twice and out of order: of each record it keeps what the highest revision
/// states.
/// </summary>
internal sealed class RevisionCopy
{
    private static readonly CloudEventWriter Writer = new(Options.Create(new PublishingOptions()));

    private readonly Dictionary<string, (string Revision, JsonElement? Record)> records = new(StringComparer.Ordinal);

    public static RevisionCopy Of(IEnumerable<EventEntry> events, Random random)
    {
        var copy = new RevisionCopy();
        List<EventEntry> messages = [.. events];
        messages.AddRange(messages.Where(_ => random.Next(10) == 0).ToList());
        // Each up to some hundred places from where it belongs.
        foreach (var message in messages.OrderBy(message => message.Seq + random.Next(300)))
        {
            copy.Apply(message);
        }

        return copy;
    }

    /// <summary>What there is, as subject and record.</summary>
    public IReadOnlyList<string> Lines() =>
        [
            .. records
                .Where(pair => pair.Value.Record is not null)
                .Select(pair => StateLines.Of(pair.Key, pair.Value.Record!.Value.GetRawText()))
                .Order(StringComparer.Ordinal),
        ];

    private void Apply(EventEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Writer.Write(entry, buffer);
        using var message = JsonDocument.Parse(buffer.WrittenMemory);
        if (!message.RootElement.TryGetProperty("revision", out var stated))
        {
            return;
        }

        var subject = message.RootElement.GetProperty("subject").GetString()!;
        var revision = stated.GetString()!;
        if (records.TryGetValue(subject, out var known) && string.CompareOrdinal(known.Revision, revision) >= 0)
        {
            return;
        }

        var after = message.RootElement.GetProperty("data").GetProperty("after");
        records[subject] = (revision, after.ValueKind == JsonValueKind.Null ? null : after.Clone());
    }
}
