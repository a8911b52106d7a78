using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.WebUtilities;
using NotificationHub.Storage;

namespace NotificationHub.Publishing.Feed;

/// <summary>The current records of one kind, and the last event that they take account of.</summary>
internal sealed record SnapshotRead(long Sequence, FileBufferingWriteStream Lines) : IAsyncDisposable
{
    public ValueTask DisposeAsync() => Lines.DisposeAsync();
}

/// <summary>Reads what is known of a location's records as of one moment.</summary>
internal sealed class SnapshotFeed(Database database, CloudEventWriter writer)
{
    private const int LineBuffer = 64 * 1024;
    private const int MemoryThreshold = 4 * 1024 * 1024;

    private static readonly string[] Kinds = ["asset", "assignment", "user", "subscription", "subscription-assignment"];

    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>
    /// The lines and the sequence of the same moment: one statement reads both. They are spooled, for the read must not
    /// last as long as the consumer takes; what does not fit into a few megabytes goes to a temporary file.
    /// </summary>
    /// <returns>Null where there is no such location or kind.</returns>
    public async Task<SnapshotRead?> ReadAsync(string locationId, string kind, CancellationToken cancellationToken)
    {
        if (!Kinds.Contains(kind, StringComparer.Ordinal) || !await ExistsAsync(locationId, cancellationToken))
        {
            return null;
        }

        var spool = new FileBufferingWriteStream(MemoryThreshold);
        try
        {
            var sequence = await SpoolAsync(locationId, kind, spool, cancellationToken);
            return new SnapshotRead(sequence, spool);
        }
        catch
        {
            await spool.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> ExistsAsync(string locationId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        return await connection.ExecuteScalarAsync<long>(
                "select count(*) from location where location_id = @locationId",
                new { locationId }
            ) > 0;
    }

    private async Task<long> SpoolAsync(
        string locationId,
        string kind,
        FileBufferingWriteStream spool,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var rows = connection.QueryUnbufferedAsync<Row>(
            """
            select l.seq Sequence, s.key, s.revision, s.data
            from (select coalesce(max(seq), 0) seq from event_log) l
            left join snapshot s on s.location_id = @locationId and s.kind = @kind and s.data is not null
            order by s.key
            """,
            new { locationId, kind }
        );
        var sequence = 0L;
        var lines = new ArrayBufferWriter<byte>(LineBuffer);
        await foreach (var row in rows.WithCancellation(cancellationToken))
        {
            sequence = row.Sequence;
            if (row.Key is null)
            {
                continue;
            }

            WriteLine(row, lines);
            if (lines.WrittenCount >= LineBuffer)
            {
                await spool.WriteAsync(lines.WrittenMemory, cancellationToken);
                lines.ResetWrittenCount();
            }
        }

        await spool.WriteAsync(lines.WrittenMemory, cancellationToken);
        return sequence;
    }

    private void WriteLine(Row row, ArrayBufferWriter<byte> lines)
    {
        using (var json = new Utf8JsonWriter(lines, Format))
        {
            json.WriteStartObject();
            json.WriteString("key"u8, row.Key);
            json.WriteString("revision"u8, CloudEventWriter.Padded(row.Revision));
            json.WritePropertyName("record"u8);
            writer.WriteData(json, Encoding.UTF8.GetBytes(row.Data!));
            json.WriteEndObject();
        }

        Ndjson.EndLine(lines);
    }

    private sealed record Row
    {
        public required long Sequence { get; init; }

        public string? Key { get; init; }

        public long Revision { get; init; }

        public string? Data { get; init; }
    }
}
