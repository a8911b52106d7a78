using System.Data.Common;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Admin;

/// <summary>What identifies the records whose changes are searched: an app or book, a device, or a user.</summary>
// A class, because a record's ToString would print the identifier.
internal sealed class RecordFilter
{
    public string? Location { get; init; }

    public string? AdamId { get; init; }

    public string? SerialNumber { get; init; }

    public string? ClientUserId { get; init; }

    /// <summary>Whether the filter names a person or device.</summary>
    public bool IsPersonal => SerialNumber is not null || ClientUserId is not null;
}

/// <summary>Finds the <c>*.changed</c> events of records through indexes that contain no other events.</summary>
internal sealed class RecordHistory(Database database)
{
    /// <summary>Reads the changes of one record, the newest first.</summary>
    /// <param name="change">A <c>*.changed</c> event of the record.</param>
    /// <param name="before">Only changes before this seq.</param>
    /// <param name="limit">The maximum number of changes.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public Task<IReadOnlyList<EventEntry>> ReadAsync(
        EventEntry change,
        long? before,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.ReadAsync(
            connection =>
                ReadAsync(
                    connection,
                    RecordMatch.Subject(change.Subject!),
                    change.LocationId,
                    new SeqRange(0, before - 1 ?? long.MaxValue),
                    limit,
                    cancellationToken
                ),
            cancellationToken
        );

    /// <summary>Reads the changes of the records that the filter identifies, the newest first.</summary>
    public async Task<IReadOnlyList<EventEntry>> SearchAsync(
        RecordFilter filter,
        long? before,
        int limit,
        CancellationToken cancellationToken
    )
    {
        await using var connection = await database.OpenReaderAsync(cancellationToken);
        List<EventEntry> found = [];
        foreach (var match in GetMatches(filter))
        {
            found.AddRange(
                await ReadAsync(
                    connection,
                    match,
                    filter.Location,
                    new SeqRange(0, before - 1 ?? long.MaxValue),
                    limit,
                    cancellationToken
                )
            );
        }

        return [.. found.OrderByDescending(entry => entry.Seq).Take(limit)];
    }

    public static Task<IReadOnlyList<EventEntry>> ReadAsync(
        DbConnection connection,
        RecordMatch match,
        string? locationId,
        SeqRange range,
        int limit,
        CancellationToken cancellationToken,
        bool isOldestFirst = false
    ) =>
        EventRows.ReadAsync(
            connection,
            Statement(connection, match, locationId, isOldestFirst),
            new
            {
                match.From,
                match.Below,
                locationId,
                first = range.First,
                last = range.Last,
                limit,
            },
            matches: null,
            limit,
            cancellationToken
        );

    // The inner statement reads the index only. Each condition repeats that of the index, which would not be used otherwise.
    public static string Statement(
        DbConnection connection,
        RecordMatch match,
        string? locationId,
        bool isOldestFirst = false
    )
    {
        var order = isOldestFirst ? "asc" : "desc";
        var condition = match.Condition(connection);
        var index = connection.ForceIndex(match.Index);
        var location = locationId is null ? "" : " and location_id = @locationId";
        return $"""
            select {EventRows.Columns}
            from event_log e
            {EventRows.Join}
            where e.seq in
            (
                select seq
                from event_log{index}
                where change is not null and {condition}{location} and seq >= @first and seq <= @last
                order by seq {order}
                {connection.Limit("@limit")}
            )
            order by e.seq {order}
            """;
    }

    private static IEnumerable<RecordMatch> GetMatches(RecordFilter filter)
    {
        if (filter.AdamId is { } adamId)
        {
            // All keys except a user's begin with the adamId.
            foreach (var kind in RecordKind.All.Where(kind => kind != RecordKind.User))
            {
                yield return kind == RecordKind.Subscription
                    ? RecordMatch.Subject($"{kind.SubjectPrefix}/{adamId}")
                    : RecordMatch.Under($"{kind.SubjectPrefix}/{adamId}");
            }
        }

        if (filter.SerialNumber is { } serialNumber)
        {
            yield return RecordMatch.Device(serialNumber);
        }

        if (filter.ClientUserId is { } clientUserId)
        {
            var user = UserKeys.Subject(clientUserId);
            yield return RecordMatch.Subject(user);
            yield return RecordMatch.Under(user);
            yield return RecordMatch.User(clientUserId);
        }
    }
}

/// <summary>A condition on the subject of a <c>*.changed</c> event, for which there is an index.</summary>
internal sealed record RecordMatch
{
    private readonly Func<DbConnection, string> condition;

    private const string ByRecord = "event_log_record";
    private const string ByHolder = "event_log_holder";

    private RecordMatch(string index, string from, string? below, Func<DbConnection, string> condition)
    {
        Index = index;
        From = from;
        Below = below;
        this.condition = condition;
    }

    public string Index { get; }

    public string From { get; }

    public string? Below { get; }

    public string Condition(DbConnection connection) => condition(connection);

    public static RecordMatch Subject(string subject) => new(ByRecord, subject, null, _ => "subject = @From");

    /// <summary>Matches the subjects that continue with a slash.</summary>
    public static RecordMatch Under(string subject)
    {
        var range = KeyRange.Under(subject);
        return new RecordMatch(ByRecord, range.From, range.Below, _ => "subject >= @From and subject < @Below");
    }

    // A device and a user can have the same ID. An adamId and a pricingParam contain no colon.
    public static RecordMatch Device(string serialNumber) =>
        new(
            ByHolder,
            UserKeys.Last(serialNumber),
            null,
            connection => $"{connection.EventHolder} = @From and subject like 'assignments/%/%/serial:%'"
        );

    public static RecordMatch User(string clientUserId) =>
        new(
            ByHolder,
            UserKeys.Last(clientUserId),
            null,
            connection => $"{connection.EventHolder} = @From and subject not like 'assignments/%/%/serial:%'"
        );
}
