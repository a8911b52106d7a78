using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace NotificationHub.Storage.SqlServer;

/// <summary>
/// Posts as the parameters of <c>AppendNotifications.sql</c>: the bodies in one piece, each behind its digest, and the place of each in
/// it. What is in the batch twice is sent once.
/// </summary>
internal sealed class NotificationBatch
{
    private const int DigestBytes = 32;

    private readonly NotificationAppend[] posts;

    /// <summary>For each post, where in <see cref="sent"/> the same one stands.</summary>
    private readonly int[] places;
    private readonly List<NotificationAppend> sent = [];
    private readonly List<bool> conflicts = [];

    public NotificationBatch(NotificationAppend[] posts)
    {
        this.posts = posts;
        places = new int[posts.Length];
        Dictionary<PostKey, int> known = [];
        HashSet<(string, string)> ids = [];
        for (var i = 0; i < posts.Length; i++)
        {
            var key = PostKey.Of(posts[i]);
            if (!known.TryGetValue(key, out places[i]))
            {
                known[key] = places[i] = sent.Count;
                sent.Add(posts[i]);
                // Rejected posts have no id to be in conflict over.
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
            for (var place = 0; place < sent.Count; place++)
            {
                Write(json, place, start);
                start += DigestBytes + sent[place].Body.Length;
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    public byte[] Bodies()
    {
        var bodies = new byte[sent.Sum(post => DigestBytes + post.Body.Length)];
        var start = 0;
        foreach (var post in sent)
        {
            post.BodySha256.CopyTo(bodies, start);
            post.Body.Span.CopyTo(bodies.AsSpan(start + DigestBytes));
            start += DigestBytes + post.Body.Length;
        }

        return bodies;
    }

    /// <summary>What became of each post.</summary>
    /// <param name="rows">Of each that was sent, in order: the seq of the same one in the log, whether it is in conflict, whether it is over its quota.</param>
    /// <param name="seqs">Of those that were kept, in order.</param>
    public AppendOutcome[] Outcomes(IReadOnlyList<QueuedNotification> rows, IReadOnlyList<long> seqs)
    {
        var kept = 0;
        var outcomes = rows.Select(row =>
                row switch
                {
                    { SameSeq: { } same } => new AppendOutcome(AppendResult.Duplicate, same),
                    { OverQuota: not 0 } => new AppendOutcome(AppendResult.OverQuota, 0),
                    { Conflict: not 0 } => new AppendOutcome(AppendResult.StoredAsConflict, seqs[kept++]),
                    _ => new AppendOutcome(AppendResult.Stored, seqs[kept++]),
                }
            )
            .ToList();
        var told = new HashSet<int>();
        return
        [
            .. places.Select(place =>
                told.Add(place) || outcomes[place].Seq == 0
                    ? outcomes[place]
                    : outcomes[place] with
                    {
                        Result = AppendResult.Duplicate,
                    }
            ),
        ];
    }

    private void Write(Utf8JsonWriter json, int place, int start)
    {
        var post = sent[place];
        json.WriteStartObject();
        json.WriteNumber("place", place);
        json.WriteString("location", post.LocationId);
        json.WriteNumber("dedupHash", post.DedupHash);
        json.WriteNumber("bodyHash", BinaryPrimitives.ReadInt64LittleEndian(post.BodySha256));
        WriteText(json, "id", post.NotificationId);
        WriteText(json, "type", post.NotificationType);
        WriteText(json, "uId", post.UId);
        json.WriteNumber("receivedAt", post.ReceivedAt);
        json.WriteString("remoteAddress", post.RemoteAddress);
        json.WriteString("userAgent", post.UserAgent);
        json.WriteString("traceparent", post.Traceparent);
        json.WriteNumber("disposition", (int)post.Disposition);
        json.WriteNumber("conflict", conflicts[place] ? 1 : 0);
        json.WriteString("error", post.Error);
        json.WriteNumber("quota", post.RejectedQuota);
        json.WriteNumber("start", start);
        json.WriteNumber("length", post.Body.Length);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> text)
    {
        if (!text.IsEmpty)
        {
            json.WriteString(name, text.Span);
        }
    }

    private readonly record struct PostKey(string LocationId, string NotificationId, string Sha256)
    {
        public static PostKey Of(NotificationAppend post) =>
            new(
                Encoding.UTF8.GetString(post.LocationId),
                Encoding.UTF8.GetString(post.NotificationId.Span),
                Convert.ToHexString(post.BodySha256)
            );
    }
}

/// <summary>What the statement says of a post that was sent.</summary>
internal sealed record QueuedNotification
{
    public long? SameSeq { get; init; }

    public long Conflict { get; init; }

    public long OverQuota { get; init; }
}
