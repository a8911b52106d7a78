using System.Collections.Frozen;
using System.Data.Common;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Dapper;

namespace NotificationHub.Storage;

/// <summary>The members that an event has before and after it is appended.</summary>
internal abstract record EventMembers
{
    /// <summary>The name without prefix and version: <c>asset.changed</c>.</summary>
    public required string Type { get; init; }

    public string? LocationId { get; init; }

    /// <summary>The CloudEvents subject: what the event is about within its location.</summary>
    public string? Subject { get; init; }

    /// <summary>The notification whose body is the event's data; null if the event has its own data.</summary>
    public long? NotificationSeq { get; init; }

    public string? Action { get; init; }

    public string? Result { get; init; }

    public string? Change { get; init; }

    public string? Cause { get; init; }

    public string? AdamId { get; init; }

    public string? CorrelationId { get; init; }

    public bool Conflict { get; init; }

    public string? Traceparent { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
}

internal sealed record NewEvent : EventMembers
{
    public string Topic => TopicMap.TopicOf(Type);

    /// <summary>UTF-8 JSON; null if the data is a notification's body.</summary>
    public byte[]? Data { get; init; }

    /// <summary>The notification's body, if its disposition is accepted; null otherwise. It is not stored with the event.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The data as a publisher reads it; null if only the database has it.</summary>
    public byte[]? Content => Data ?? Body;

    public static NewEvent Create<T>(
        string type,
        string? locationId,
        string? subject,
        T data,
        JsonTypeInfo<T> jsonType,
        DateTimeOffset createdAt
    ) =>
        new()
        {
            Type = type,
            LocationId = locationId,
            Subject = subject,
            Data = JsonSerializer.SerializeToUtf8Bytes(data, jsonType),
            CreatedAt = createdAt,
        };

    /// <summary>The entry as the database would return it.</summary>
    public EventEntry ToEntry(long seq, long epoch) =>
        new()
        {
            Epoch = epoch,
            Seq = seq,
            Topic = Topic,
            Type = Type,
            LocationId = LocationId,
            Subject = Subject,
            NotificationSeq = NotificationSeq,
            Data = Content!,
            IsProvenJson = Data is null,
            Action = Action,
            Result = Result,
            Change = Change,
            Cause = Cause,
            AdamId = AdamId,
            CorrelationId = CorrelationId,
            Conflict = Conflict,
            Traceparent = Traceparent,
            CreatedAt = CreatedAt.Truncate(),
        };
}

/// <summary>A row of the event log with the body of its notification.</summary>
internal sealed record EventEntry : EventMembers
{
    public required long Epoch { get; init; }

    public required long Seq { get; init; }

    public required string Topic { get; init; }

    /// <summary>The event's own data, or the body of its notification.</summary>
    public required byte[] Data { get; init; }

    /// <summary>Why the row is damaged (its data is then JSON null); null if it is complete.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the data is known to be JSON: the body of an accepted notification, which intake has parsed.</summary>
    public bool IsProvenJson { get; init; }
}

/// <param name="UpTo">The last <c>seq</c> to read, which limits the cost of a rare match.</param>
internal sealed record EventFilter(
    string? Topic = null,
    string? Type = null,
    string? LocationId = null,
    long? UpTo = null
)
{
    /// <summary>The only topics, for a consumer's key; null for all.</summary>
    public IReadOnlyList<string>? Topics { get; init; }

    /// <summary>The only locations, for a consumer's key; null for all. Events without a location match, too.</summary>
    public IReadOnlyList<string>? Locations { get; init; }

    public string? AdamId { get; init; }

    /// <summary>Apple's <c>eventId</c>.</summary>
    public string? CorrelationId { get; init; }

    /// <summary>Apple's ID of the notification that the event reports.</summary>
    public string? NotificationId { get; init; }

    /// <summary>UTF-8 texts that the data contains, unless it contains an escape: then the caller must compare it.</summary>
    public IReadOnlyList<byte[]> Texts { get; init; } = [];
}

internal static class EventLog
{
    private const int PageBytes = 2 * 1024 * 1024;
    private const string Data = "coalesce(e.data, n.body)";

    // CloudEvents has no 64-bit integers; this format sorts as text.
    public static string Padded(long seq) => seq.ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>Reads matching rows after <paramref name="after"/>, in order; at least one, if any exists.</summary>
    public static async Task<IReadOnlyList<EventEntry>> ReadPageAsync(
        DbConnection connection,
        long after,
        EventFilter filter,
        int limit,
        CancellationToken cancellationToken
    )
    {
        List<EventEntry> page = [];
        var bytes = 0L;
        await using var rows = await connection.ExecuteReaderAsync(
            PageStatement(connection, filter),
            Parameters(filter, new { after, limit })
        );
        while (await rows.ReadAsync(cancellationToken))
        {
            var entry = EventRows.Read(rows);
            page.Add(entry);
            bytes += entry.Data.Length;
            if (bytes >= PageBytes)
            {
                rows.CancelRest();
                break;
            }
        }

        return page;
    }

    public static string PageStatement(DbConnection connection, EventFilter filter)
    {
        var index = filter.Topic is null ? "" : connection.UseIndex("event_log_topic");
        return $"select {EventRows.Columns} from event_log e{index} {EventRows.Join} where e.seq > @after {Conditions(connection, filter)} order by e.seq {connection.Limit("@limit")}";
    }

    /// <summary>Reads matching rows of a range, the newest first.</summary>
    /// <param name="connection">A connection for reads.</param>
    /// <param name="range">The rows to search.</param>
    /// <param name="filter">The conditions.</param>
    /// <param name="matches">A further condition on each event; null if there is none.</param>
    /// <param name="limit">The maximum number of events.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    public static Task<IReadOnlyList<EventEntry>> ReadLatestAsync(
        DbConnection connection,
        SeqRange range,
        EventFilter filter,
        Predicate<EventEntry>? matches,
        int limit,
        CancellationToken cancellationToken
    ) =>
        EventRows.ReadAsync(
            connection,
            LatestStatement(connection, filter),
            Parameters(
                filter,
                new
                {
                    first = range.First,
                    last = range.Last,
                    // An event that the statement finds may not match.
                    limit = matches is null ? limit : int.MaxValue,
                }
            ),
            matches,
            limit,
            cancellationToken
        );

    public static string LatestStatement(DbConnection connection, EventFilter filter)
    {
        var index = filter.Topic is null ? "" : connection.UseIndex("event_log_topic");
        return $"select {EventRows.Columns} from event_log e{index} {EventRows.Join} where e.seq >= @first and e.seq <= @last {Conditions(connection, filter)} order by e.seq desc {connection.Limit("@limit")}";
    }

    public static async Task<EventEntry?> FindAsync(DbConnection connection, long seq)
    {
        await using var rows = await connection.ExecuteReaderAsync(
            $"select {EventRows.Columns} from event_log e {EventRows.Join} where e.seq = @seq",
            new { seq }
        );
        return await rows.ReadAsync() ? EventRows.Read(rows) : null;
    }

    /// <summary>Reads the first <c>seq</c> of the log. The lowest existing <c>seq</c> may be higher, because deletions leave gaps.</summary>
    public static Task<long> ReadStartAsync(DbConnection connection) =>
        connection.ExecuteScalarAsync<long>("select first_seq from log_start where log = 'event'");

    /// <summary>Reads the first <c>seq</c> after <paramref name="after"/>; if there is none, <paramref name="after"/> + 1.</summary>
    public static async Task<long> ReadNextAsync(DbConnection connection, long after) =>
        await connection.ExecuteScalarAsync<long?>("select min(seq) from event_log where seq > @after", new { after })
        ?? after + 1;

    /// <summary>Reads the last <c>seq</c>, also if its event was deleted.</summary>
    public static Task<long> ReadLastAsync(DbConnection connection) =>
        connection.ExecuteScalarAsync<long>(
            "select coalesce((select max(seq) from event_log), (select first_seq - 1 from log_start where log = 'event'))"
        );

    public static Task<long> ReadEpochAsync(WriteTransaction transaction) =>
        transaction.ScalarAsync<long>("select max(epoch) from log_epoch where log = 'event'");

    // An expression for several topics, because the index of the topics would make each page sort its rows.
    private static string Conditions(DbConnection connection, EventFilter filter) =>
        (filter.Topic is null ? "" : " and e.topic = @Topic")
        + (filter.Type is null ? "" : " and e.type = @Type")
        + (filter.LocationId is null ? "" : " and e.location_id = @LocationId")
        + (filter.UpTo is null ? "" : " and e.seq <= @UpTo")
        + (filter.Topics is null ? "" : " and coalesce(e.topic, '') in @Topics")
        + (filter.Locations is null ? "" : " and (e.location_id is null or e.location_id in @Locations)")
        + (filter.AdamId is null ? "" : " and e.adam_id = @AdamId")
        + (filter.CorrelationId is null ? "" : " and e.correlation_id = @CorrelationId")
        + (filter.NotificationId is null ? "" : " and n.notification_id = @NotificationId")
        + string.Concat(
            filter.Texts.Select((_, index) => $" and {connection.MayContainText(Data, TextParameter(index))}")
        );

    private static string TextParameter(int index) => string.Create(CultureInfo.InvariantCulture, $"@Text{index}");

    private static DynamicParameters Parameters(EventFilter filter, object rest)
    {
        var parameters = new DynamicParameters(
            new
            {
                filter.Topic,
                filter.Type,
                filter.LocationId,
                filter.UpTo,
                Topics = filter.Topics?.InList(),
                Locations = filter.Locations?.InList(),
                filter.AdamId,
                filter.CorrelationId,
                filter.NotificationId,
            }
        );
        parameters.AddDynamicParams(rest);
        for (var index = 0; index < filter.Texts.Count; index++)
        {
            parameters.Add(TextParameter(index), filter.Texts[index]);
        }

        return parameters;
    }
}

/// <summary>The topic of each event, from <c>infra/bicep/topics.json</c>.</summary>
internal static class TopicMap
{
    private static readonly FrozenDictionary<string, string> TopicByEvent = Load();

    public static IReadOnlyList<string> Topics { get; } =
    [.. TopicByEvent.Values.Distinct().Order(StringComparer.Ordinal)];

    public static IEnumerable<string> EventNames => TopicByEvent.Keys;

    public static string TopicOf(string eventName) =>
        TopicByEvent.TryGetValue(eventName, out var topic)
            ? topic
            : throw new ArgumentException($"topics.json assigns '{eventName}' to no topic.", nameof(eventName));

    public static bool Knows(string eventName) => TopicByEvent.ContainsKey(eventName);

    private static FrozenDictionary<string, string> Load()
    {
        using var stream = typeof(TopicMap).Assembly.GetManifestResourceStream("topics.json")!;
        using var document = JsonDocument.Parse(stream);
        return document
            .RootElement.GetProperty("topics")
            .EnumerateArray()
            .SelectMany(topic =>
                topic
                    .GetProperty("events")
                    .EnumerateArray()
                    .Select(name => KeyValuePair.Create(name.GetString()!, topic.GetProperty("name").GetString()!))
            )
            .ToFrozenDictionary(StringComparer.Ordinal);
    }
}
