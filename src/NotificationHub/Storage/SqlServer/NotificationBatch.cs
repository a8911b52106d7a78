using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// The parameters of <c>AppendNotifications.sql</c>: rows as JSON, and their concatenated digests and bodies. A duplicate in
/// the batch is sent once.
/// </summary>
internal sealed class NotificationBatch
{
    private const int DigestBytes = 32;

    private readonly NotificationAppend[] batch;

    /// <summary>For each notification, the index in <see cref="sent"/>.</summary>
    private readonly int[] indexes;
    private readonly List<NotificationAppend> sent = [];
    private readonly List<bool> conflicts = [];

    public NotificationBatch(NotificationAppend[] batch)
    {
        this.batch = batch;
        indexes = new int[batch.Length];
        Dictionary<NotificationKey, int> known = [];
        HashSet<(string, string)> ids = [];
        for (var i = 0; i < batch.Length; i++)
        {
            var key = NotificationKey.Create(batch[i]);
            if (!known.TryGetValue(key, out indexes[i]))
            {
                known[key] = indexes[i] = sent.Count;
                sent.Add(batch[i]);
                // Rejected notifications have no ID, so they cannot conflict.
                conflicts.Add(!ids.Add((key.LocationId, key.NotificationId)) && key.NotificationId.Length > 0);
            }
        }
    }

    public string Rows()
    {
        var buffer = new ArrayBufferWriter<byte>(sent.Count * 384);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartArray();
            // T-SQL counts from one.
            var start = 1;
            for (var index = 0; index < sent.Count; index++)
            {
                Write(json, index, start);
                start += DigestBytes + sent[index].Body.Length;
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public byte[] Bodies()
    {
        var bodies = new byte[sent.Sum(notification => DigestBytes + notification.Body.Length)];
        var start = 0;
        foreach (var notification in sent)
        {
            notification.BodySha256.CopyTo(bodies, start);
            notification.Body.Span.CopyTo(bodies.AsSpan(start + DigestBytes));
            start += DigestBytes + notification.Body.Length;
        }

        return bodies;
    }

    /// <param name="rows">The result of each notification that was sent, in order.</param>
    /// <param name="seqs">The <c>seq</c> of each notification that was stored, in order.</param>
    public AppendOutcome[] Outcomes(IReadOnlyList<QueuedNotification> rows, IReadOnlyList<long> seqs)
    {
        var stored = 0;
        var outcomes = rows.Select(row =>
                row switch
                {
                    { SameSeq: { } same } => new AppendOutcome(AppendResult.Duplicate, same),
                    { OverQuota: not 0 } => new AppendOutcome(AppendResult.OverQuota, 0),
                    { Conflict: not 0 } => new AppendOutcome(AppendResult.StoredAsConflict, seqs[stored++]),
                    _ => new AppendOutcome(AppendResult.Stored, seqs[stored++]),
                }
            )
            .ToList();
        var seen = new HashSet<int>();
        return
        [
            .. indexes.Select(index =>
                seen.Add(index) || outcomes[index].Seq == 0
                    ? outcomes[index]
                    : outcomes[index] with
                    {
                        Result = AppendResult.Duplicate,
                    }
            ),
        ];
    }

    private void Write(Utf8JsonWriter json, int index, int start)
    {
        var notification = sent[index];
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteString("location", notification.LocationId);
        json.WriteNumber("dedupHash", notification.DedupHash);
        json.WriteNumber("bodyHash", BinaryPrimitives.ReadInt64LittleEndian(notification.BodySha256));
        WriteText(json, "id", notification.NotificationId);
        WriteText(json, "type", notification.NotificationType);
        WriteText(json, "uId", notification.UId);
        json.WriteNumber("receivedAt", notification.ReceivedAt.ToStored());
        json.WriteString("remoteAddress", notification.RemoteAddress);
        json.WriteString("userAgent", notification.UserAgent);
        json.WriteString("contentType", notification.ContentType);
        json.WriteString("traceparent", notification.Traceparent);
        json.WriteNumber("disposition", (int)notification.Disposition);
        json.WriteNumber("conflict", conflicts[index] ? 1 : 0);
        json.WriteString("error", notification.Error);
        json.WriteNumber("quota", notification.RejectedQuota);
        json.WriteNumber("start", start);
        json.WriteNumber("length", notification.Body.Length);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> text)
    {
        if (!text.IsEmpty)
        {
            json.WriteString(name, text.Span);
        }
    }

    private readonly record struct NotificationKey(string LocationId, string NotificationId, string Sha256)
    {
        public static NotificationKey Create(NotificationAppend notification) =>
            new(
                Encoding.UTF8.GetString(notification.LocationId),
                Encoding.UTF8.GetString(notification.NotificationId.Span),
                Convert.ToHexString(notification.BodySha256)
            );
    }
}

internal sealed record QueuedNotification
{
    public long? SameSeq { get; init; }

    public long Conflict { get; init; }

    public long OverQuota { get; init; }
}
