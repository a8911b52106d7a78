using System.Data.Common;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using NotificationHub.Publishing;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Feed;

/// <summary>Reads the stored records of a location page by page and holds no connection between pages.</summary>
internal sealed class SnapshotFeed(Database database, CloudEventWriter writer)
{
    // A seek in primary-key order: no page sorts or scans.
    public static string PageStatement(DbConnection connection) =>
        $"""
            select "key", revision, data
            from snapshot
            where location_id = @locationId and kind = @kind and "key" > @after and data is not null
            order by "key"
            {connection.Limit(PageSize)}
            """;

    public const int PageSize = 500;

    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Reads the sequence of the last event; call before reading records. Null if location or kind is unknown.</summary>
    public async Task<long?> ReadSequenceAsync(string locationId, string kind, CancellationToken cancellationToken)
    {
        if (RecordKind.All.All(known => known.Name != kind))
        {
            return null;
        }

        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var known = await connection.ExecuteScalarAsync<long>(
            "select count(*) from location where location_id = @locationId",
            new { locationId }
        );
        return known == 0 ? null : await EventLog.ReadLastAsync(connection);
    }

    // Each page shows the records as they are at that time. A single read transaction would keep the WAL from
    // shrinking for as long as a slow consumer reads.
    public async Task WriteAsync(string locationId, string kind, PipeWriter output, CancellationToken cancellationToken)
    {
        var after = "";
        while (await ReadPageAsync(locationId, kind, after, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var row in page)
            {
                WriteLine(row, output);
            }

            await output.FlushAsync(cancellationToken);
            after = page[^1].Key;
        }
    }

    private Task<IReadOnlyList<(string Key, long Revision, string Data)>> ReadPageAsync(
        string locationId,
        string kind,
        string after,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                connection.ListAsync<(string, long, string)>(
                    PageStatement(connection),
                    new
                    {
                        locationId,
                        kind,
                        after,
                    }
                ),
            cancellationToken
        );

    private void WriteLine((string Key, long Revision, string Data) row, PipeWriter output)
    {
        using (var json = new Utf8JsonWriter(output, Format))
        {
            json.WriteStartObject();
            json.WriteString("key"u8, row.Key);
            json.WriteString("revision"u8, EventLog.Padded(row.Revision));
            json.WritePropertyName("record"u8);
            writer.WriteData(json, Encoding.UTF8.GetBytes(row.Data));
            json.WriteEndObject();
        }

        Ndjson.EndLine(output);
    }
}
