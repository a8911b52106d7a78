using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using Dapper;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

internal sealed record NotificationFilter(Disposition? Disposition, string? LocationId)
{
    public static NotificationFilter Create(string? disposition, string? locationId) =>
        new(disposition is null ? null : Dispositions.FromWireName(disposition), locationId);

    /// <summary>Whether the filter requires a scan of the log: no index covers accepted notifications.</summary>
    public bool IsScan =>
        Disposition is Storage.Disposition.Accepted || (Disposition is null && LocationId is not null);
}

/// <summary>A notification in the list, without its body.</summary>
internal sealed record NotificationRow
{
    public required long Seq { get; init; }

    public required string Location { get; init; }

    public string? NotificationId { get; init; }

    public string? NotificationType { get; init; }

    public string? UId { get; init; }

    public DateTimeOffset ReceivedAt { get; init; }

    public required Disposition Disposition { get; init; }

    public required bool Conflict { get; init; }

    public required long Bytes { get; init; }

    public string? Error { get; init; }
}

internal static class NotificationListing
{
    /// <summary>The maximum number of statements per response of the admin API; a command has no limit.</summary>
    public const int StatementsPerAnswer = 10;

    private const int SeqsPerPage = 1000;

    /// <summary>The number of rows that one statement scans: the rows of one location may be rare.</summary>
    private const int ScannedRows = 20_000;

    public static string ListStatement(DbConnection connection, NotificationFilter filter) =>
        $"""
            select seq, location_id Location, notification_id NotificationId, notification_type NotificationType, u_id UId,
                received_at ReceivedAt, disposition, conflict, {connection.ByteLength("body")} Bytes, error
            from notification_log
            where seq > @after and seq <= @until{Conditions(filter)}
            order by seq
            {connection.Limit("@limit")}
            """;

    public static string SeqsStatement(DbConnection connection, NotificationFilter filter) =>
        $"select seq from notification_log where seq > @after and seq <= @until{Conditions(filter)} order by seq {connection.Limit("@limit")}";

    public static async Task<Page<NotificationRow>> ReadAsync(
        Database database,
        NotificationFilter filter,
        long after,
        int limit,
        int most,
        CancellationToken cancellationToken
    )
    {
        List<NotificationRow> found = [];
        for (var sent = 0; sent < most && found.Count < limit; sent++)
        {
            if (
                await ReadWindowAsync<NotificationRow>(
                    database,
                    filter,
                    ListStatement,
                    after,
                    limit - found.Count,
                    cancellationToken
                )
                is not var (rows, until)
            )
            {
                return new Page<NotificationRow>(found, Next: null);
            }

            found.AddRange(rows);
            after = until;
        }

        // The search stopped here, even if the page is not full.
        var next = found.Count == limit ? found[^1].Seq : after;
        return new Page<NotificationRow>(found, next.ToString(CultureInfo.InvariantCulture));
    }

    /// <returns>The rows and the last scanned <c>seq</c>; null at the end of the log.</returns>
    private static async Task<(IReadOnlyList<T> Rows, long Until)?> ReadWindowAsync<T>(
        Database database,
        NotificationFilter filter,
        Func<DbConnection, NotificationFilter, string> statement,
        long after,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var first = await connection.ExecuteScalarAsync<long?>(
            "select min(seq) from notification_log where seq > @after",
            new { after }
        );
        if (first is null)
        {
            return null;
        }

        var until = filter.IsScan ? first.Value + ScannedRows - 1 : long.MaxValue;
        var rows = await connection.QueryAsync<T>(
            statement(connection, filter),
            Parameters(filter, after, until, limit)
        );
        return (rows.AsList(), until);
    }

    /// <summary>Reads all matching seqs in pages, so that no statement stays open while the caller processes them.</summary>
    public static async IAsyncEnumerable<long> SeqsAsync(
        Database database,
        NotificationFilter filter,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var after = 0L;
        while (
            await ReadWindowAsync<long>(database, filter, SeqsStatement, after, SeqsPerPage, cancellationToken)
                is var (seqs, until)
        )
        {
            foreach (var seq in seqs)
            {
                yield return seq;
            }

            after = seqs.Count == SeqsPerPage ? seqs[^1] : until;
        }
    }

    // The index of dispositions excludes accepted notifications and is used only if the statement repeats its condition.
    private static string Conditions(NotificationFilter filter) =>
        filter.Disposition switch
        {
            null => "",
            Disposition.Accepted => " and disposition = @Disposition",
            _ => " and disposition <> 0 and disposition = @Disposition",
        } + (filter.LocationId is null ? "" : " and location_id = @LocationId");

    private static object Parameters(NotificationFilter filter, long after, long until, int limit) =>
        new
        {
            filter.Disposition,
            filter.LocationId,
            after,
            until,
            limit,
        };
}
