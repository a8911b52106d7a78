using System.Data.Common;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Serialization;
using Dapper;
using NotificationHub.Intake;
using NotificationHub.OperationTracking;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

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

    /// <summary>Only while a search compares it.</summary>
    [JsonIgnore]
    public byte[]? Body { get; init; }
}

/// <param name="Items">The newest first.</param>
/// <param name="Next">The <c>before</c> of the next page; null at the beginning of the log.</param>
/// <param name="SearchedBackTo">The receipt of the oldest notification that was searched; null at the beginning of the log.</param>
internal sealed record NotificationPage(
    IReadOnlyList<NotificationRow> Items,
    string? Next,
    DateTimeOffset? SearchedBackTo
);

/// <summary>Searches the notification log, the newest notification first.</summary>
// The log has no index on what a notification says, because each would slow down the intake. Times, IDs and set-aside notifications
// are found through what exists; for the rest, the log is searched backwards for a limited time.
internal sealed class NotificationListing(Database database, BackwardSearch search)
{
    private const int SeqsPerPage = 1000;

    // Each hash is a value in a statement.
    private const int MaxHashedLocations = InLists.MaxValues;
    private const int ReadLocations = MaxHashedLocations + 1;

    // Where the clock was set back, later notifications have earlier times.
    private static readonly TimeSpan ClockMargin = TimeSpan.FromMinutes(5);

    public static string ListStatement(DbConnection connection, NotificationFilter filter)
    {
        var body = filter.ReadsBodies ? ", body" : "";
        return $"""
            select seq, location_id Location, notification_id NotificationId, notification_type NotificationType, u_id UId,
                received_at ReceivedAt, disposition, conflict, {connection.ByteLength("body")} Bytes, error{body}
            from notification_log
            where seq >= @first and seq <= @last{Conditions(connection, filter)}
            order by seq desc
            {connection.Limit("@limit")}
            """;
    }

    /// <summary>Finds candidates for a notification ID without reading rows.</summary>
    public static string HashStatement(DbConnection connection)
    {
        var index = connection.UseIndex("notification_log_dedup");
        return $"select seq from notification_log{index} where seq >= @first and seq <= @last and dedup_hash in @hashes order by seq desc";
    }

    public static string SeqsStatement(DbConnection connection, NotificationFilter filter) =>
        $"select seq from notification_log where seq > @after{Conditions(connection, filter)} order by seq {connection.Limit("@limit")}";

    /// <param name="filter">The conditions.</param>
    /// <param name="before">Only notifications before this seq; null for all.</param>
    /// <param name="limit">The maximum number of notifications.</param>
    /// <param name="limitTime">When to return what was found so far.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    public async Task<NotificationPage> ReadAsync(
        NotificationFilter filter,
        long? before,
        int limit,
        TimeSpan limitTime,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        var range = await TimedLog.Notifications.FindRangeAsync(
            connection,
            filter.Since - ClockMargin,
            await FindEndAsync(connection, filter) + ClockMargin,
            before
        );
        var hashes = await FindHashesAsync(connection, filter);
        Func<SeqRange, int, Task<IReadOnlyList<NotificationRow>>> readAsync = hashes is null
            ? (window, rows) => ReadWindowAsync(connection, filter, window, rows, cancellationToken)
            : (window, rows) => ReadHashedAsync(connection, filter, hashes, window, rows, cancellationToken);
        var found = filter.IsIndexed
            ? await ReadIndexedAsync(range, limit, readAsync)
            : await search.RunAsync(
                connection,
                TimedLog.Notifications,
                range,
                limit,
                limitTime,
                readAsync,
                row => row.Seq
            );
        return new NotificationPage(
            found.Rows,
            found.Before?.ToString(CultureInfo.InvariantCulture),
            found.Before is { } next ? await TimedLog.Notifications.ReadTimeAsync(connection, next) : null
        );
    }

    /// <summary>Reads all matching seqs in pages, so that no statement stays open while the caller processes them.</summary>
    public async IAsyncEnumerable<long> SeqsAsync(
        NotificationFilter filter,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        var after = 0L;
        while (true)
        {
            var seqs = await database.ReadAsync(
                connection =>
                    connection.ListAsync<long>(
                        SeqsStatement(connection, filter),
                        Parameters(filter, new { after, limit = SeqsPerPage })
                    ),
                cancellationToken
            );
            foreach (var seq in seqs)
            {
                yield return seq;
            }

            if (seqs.Count < SeqsPerPage)
            {
                yield break;
            }

            after = seqs[^1];
        }
    }

    private static async Task<FoundRows<NotificationRow>> ReadIndexedAsync(
        SeqRange range,
        int limit,
        Func<SeqRange, int, Task<IReadOnlyList<NotificationRow>>> readAsync
    )
    {
        var rows = await readAsync(range, limit);
        return new FoundRows<NotificationRow>(rows, rows.Count == limit ? rows[^1].Seq : null);
    }

    // A tracked operation says when its last notification was received, or routed by an operator.
    private static async Task<DateTimeOffset?> FindEndAsync(DbConnection connection, NotificationFilter filter)
    {
        IReadOnlyList<Operation> operations = filter.EventId is { } eventId
            ? await OperationStore.FindAsync(connection, eventId)
            : [];
        var last = operations.Max(operation => operation.LastNotificationAt);
        return last is not null && (filter.Until is null || last < filter.Until) ? last : filter.Until;
    }

    /// <summary>The hashes of a notification ID at each location; null if the search does not use them.</summary>
    private static async Task<IReadOnlyCollection<long>?> FindHashesAsync(
        DbConnection connection,
        NotificationFilter filter
    )
    {
        if (filter.NotificationId is not { } id)
        {
            return null;
        }

        var locations = filter.Location is { } one
            ? [one]
            : await connection.ListAsync<string>(
                $"select location_id from location order by location_id {connection.Limit(ReadLocations)}"
            );
        return locations.Count > MaxHashedLocations ? null : [.. locations.Select(location => Hash(location, id))];
    }

    private static long Hash(string locationId, string notificationId) =>
        IntakeEndpoint.DedupHash(Encoding.UTF8.GetBytes(locationId), Encoding.UTF8.GetBytes(notificationId));

    private static async Task<IReadOnlyList<NotificationRow>> ReadHashedAsync(
        DbConnection connection,
        NotificationFilter filter,
        IReadOnlyCollection<long> hashes,
        SeqRange window,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<NotificationRow> found = [];
        var candidates = await connection.ListAsync<long>(
            HashStatement(connection),
            new
            {
                first = window.First,
                last = window.Last,
                hashes = hashes.InList(),
            }
        );
        foreach (var seq in candidates)
        {
            found.AddRange(
                await ReadWindowAsync(connection, filter, new SeqRange(seq, seq), limit: 1, cancellationToken)
            );
            if (found.Count == limit)
            {
                break;
            }
        }

        return found;
    }

    private static async Task<IReadOnlyList<NotificationRow>> ReadWindowAsync(
        DbConnection connection,
        NotificationFilter filter,
        SeqRange window,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<NotificationRow> found = [];
        // A candidate may only mention the value, so the number of candidates to read is unknown.
        var rows = filter.ReadsBodies ? int.MaxValue : limit;
        var parameters = Parameters(
            filter,
            new
            {
                first = window.First,
                last = window.Last,
                limit = rows,
            }
        );
        await foreach (
            var row in connection
                .QueryUnbufferedAsync<NotificationRow>(ListStatement(connection, filter), parameters)
                .WithCancellation(cancellationToken)
        )
        {
            if (row.Body is null || filter.Matches(row.Body))
            {
                found.Add(row with { Body = null });
            }

            if (found.Count == limit)
            {
                break;
            }
        }

        return found;
    }

    // The index of dispositions excludes accepted notifications and is used only if the statement repeats its condition.
    private static string Conditions(DbConnection connection, NotificationFilter filter) =>
        filter.DispositionNumber switch
        {
            null => "",
            Disposition.Accepted => " and disposition = @DispositionNumber",
            _ => " and disposition <> 0 and disposition = @DispositionNumber",
        }
        + (filter.Location is null ? "" : " and location_id = @Location")
        + (filter.Type is null ? "" : " and notification_type = @Type")
        + (filter.Since is null ? "" : " and received_at >= @Since")
        + (filter.Until is null ? "" : " and received_at < @Until")
        + (filter.NotificationId is null ? "" : " and notification_id = @NotificationId")
        + (filter.EventId is null ? "" : MayContain(connection, "@EventIdBytes"))
        + (filter.AdamId is null ? "" : MayContain(connection, "@AdamIdBytes"))
        + (filter.SerialNumber is null ? "" : MayContain(connection, "@SerialNumberBytes"))
        + (filter.ClientUserId is null ? "" : MayContain(connection, "@ClientUserIdBytes"));

    private static string MayContain(DbConnection connection, string bytes) =>
        $" and {connection.MayContainText("body", bytes)}";

    private static DynamicParameters Parameters(NotificationFilter filter, object rest)
    {
        var parameters = new DynamicParameters(filter);
        parameters.AddDynamicParams(rest);
        parameters.AddDynamicParams(
            new
            {
                EventIdBytes = BytesOf(filter.EventId),
                AdamIdBytes = BytesOf(filter.AdamId),
                SerialNumberBytes = BytesOf(filter.SerialNumber),
                ClientUserIdBytes = BytesOf(filter.ClientUserId),
            }
        );
        return parameters;
    }

    private static byte[]? BytesOf(string? text) => text is null ? null : Encoding.UTF8.GetBytes(text);
}
