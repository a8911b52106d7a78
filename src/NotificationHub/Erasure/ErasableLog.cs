using System.Data.Common;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Erasure;

/// <summary>A row of a log: the text and the JSON that may name a person or device.</summary>
internal sealed record ErasableLogRow(long Seq, string? Text, byte[]? Json);

internal sealed record ErasableLogPage(IReadOnlyList<ErasableLogRow> Rows, long Position);

/// <summary>A log and its columns that an erasure changes.</summary>
internal sealed record ErasableLog(
    string Table,
    string Text,
    string Json,
    Func<PersonalIdentifiers, string, string> Redact
)
{
    /// <summary>How many rows one statement scans, because the rows of one location may be far apart.</summary>
    private const int Window = 10_000;

    private const int PageBytes = 4 * 1024 * 1024;

    public static readonly ErasableLog Notifications = new(
        "notification_log",
        "error",
        "body",
        (identifiers, error) => identifiers.Redact(error)
    );

    public static readonly ErasableLog Events = new(
        "event_log",
        "subject",
        "data",
        (identifiers, subject) => identifiers.RedactSubject(subject)
    );

    public Task<long> ReadLastAsync(DbConnection connection) =>
        connection.ExecuteScalarAsync<long>($"select coalesce(max(seq), 0) from {Table}");

    public async Task<ErasableLogPage?> ReadAsync(
        Database database,
        long after,
        string? locationId,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        // Read first: rows that are appended later belong to the next page.
        var last = await ReadLastAsync(connection);
        if (await ReadNextAsync(connection, after) is not { } next || next > last)
        {
            return null;
        }

        var upTo = Math.Min(next + Window - 1, last);
        List<ErasableLogRow> page = [];
        var bytes = 0L;
        await using var rows = await connection.ExecuteReaderAsync(
            $"""
            select seq, {Text}, {Json}
            from {Table}
            where seq > @after and seq <= @upTo and (@locationId is null or location_id = @locationId)
            order by seq
            """,
            new
            {
                after,
                upTo,
                locationId,
            }
        );
        while (await rows.ReadAsync(cancellationToken))
        {
            var json = rows.IsDBNull(2) ? null : rows.GetFieldValue<byte[]>(2);
            page.Add(new ErasableLogRow(rows.GetInt64(0), rows.TextOrNull(1), json));
            bytes += json?.Length ?? 0;
            if (bytes >= PageBytes)
            {
                rows.CancelRest();
                return new ErasableLogPage(page, page[^1].Seq);
            }
        }

        return new ErasableLogPage(page, upTo);
    }

    public Task UpdateAsync(WriteTransaction transaction, ErasableLogRow row) =>
        transaction.ExecuteAsync($"update {Table} set {Text} = @Text, {Json} = @Json where seq = @Seq", row);

    private Task<long?> ReadNextAsync(DbConnection connection, long after) =>
        connection.ExecuteScalarAsync<long?>($"select min(seq) from {Table} where seq > @after", new { after });
}
