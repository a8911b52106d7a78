using System.Buffers;
using System.Collections.Concurrent;
using Dapper;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Contract;

/// <summary>
/// Validates each event that a stage appended during a test: <see cref="TemporaryFolder"/> calls it for each database
/// that it deletes.
/// </summary>
internal static class StoredEvents
{
    private const int PageSize = 1000;

    private static readonly ConcurrentDictionary<string, HashSet<long>> Invented = new(StringComparer.Ordinal);

    // The validator takes half a millisecond per event, and most events differ only in IDs and numbers.
    private static readonly ConcurrentDictionary<string, byte> Validated = new(StringComparer.Ordinal);

    private static readonly CloudEventWriter Writer = new(Options.Create(new PublishingOptions()));

    /// <summary>Excludes events that the test itself appends, with data that no stage would write.</summary>
    public static void Exclude(Database database, IEnumerable<long> seqs)
    {
        var excluded = Invented.GetOrAdd(database.DisplayName, _ => []);
        lock (excluded)
        {
            excluded.UnionWith(seqs);
        }
    }

    /// <summary>Excludes all events of a database whose rows the test itself inserts.</summary>
    public static void ExcludeAll(Database database) => Exclude(database, [0]);

    /// <summary>Returns the events of a SQLite file that violate the contract, each with the errors.</summary>
    public static async Task<IReadOnlyList<string>> FindViolationsAsync(string file)
    {
        Invented.TryRemove(file, out var excluded);
        if (excluded?.Contains(0) == true)
        {
            return [];
        }

        await using var connection = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        try
        {
            return await HasEventsAsync(connection) ? await FindViolationsAsync(connection, excluded) : [];
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_NOTADB)
        {
            // The file of a test of unusable files.
            return [];
        }
    }

    private static async Task<IReadOnlyList<string>> FindViolationsAsync(
        SqliteConnection connection,
        HashSet<long>? excluded
    )
    {
        List<string> violations = [];
        for (var after = 0L; ; )
        {
            var page = await EventLog.ReadPageAsync(
                connection,
                after,
                new EventFilter(),
                PageSize,
                CancellationToken.None
            );
            if (page.Count == 0)
            {
                return violations;
            }

            after = page[^1].Seq;
            violations.AddRange(
                page.Where(entry =>
                        entry.Error is null && !IsPlaceholder(entry) && excluded?.Contains(entry.Seq) != true
                    )
                    .SelectMany(entry => Violations(entry).Select(violation => $"{entry.Type} {entry.Seq} {violation}"))
            );
        }
    }

    private static IReadOnlyList<string> Violations(EventEntry entry)
    {
        if (Properties(entry).Except(EventPageGenerator.PropertiesOf(entry.Type)).ToList() is { Count: > 0 } unknown)
        {
            return [$"has properties that its page in docs/events omits: {string.Join(", ", unknown)}"];
        }

        var json = new ArrayBufferWriter<byte>();
        Writer.Write(entry, json);
        if (Validated.ContainsKey(JsonShape.Of(json.WrittenSpan)))
        {
            return [];
        }

        var violations = EventContract.Violations(json.WrittenMemory);
        if (violations.Count == 0)
        {
            Validated.TryAdd(JsonShape.Of(json.WrittenSpan), 0);
        }

        return violations;
    }

    private static IEnumerable<string> Properties(EventEntry entry)
    {
        (string Name, string? Value)[] properties =
        [
            ("location", entry.LocationId),
            ("action", entry.Action),
            ("result", entry.Result),
            ("change", entry.Change),
            ("cause", entry.Cause),
            ("adamId", entry.AdamId),
            ("conflict", entry.Conflict ? "true" : null),
        ];
        return properties.Where(property => property.Value is not null).Select(property => property.Name);
    }

    // Tests that need any row insert it with these data, which no stage writes.
    private static bool IsPlaceholder(EventEntry entry) => entry.Data.AsSpan().SequenceEqual("{}"u8);

    // A migration test may have stopped before the table.
    private static async Task<bool> HasEventsAsync(SqliteConnection connection) =>
        await connection.ExecuteScalarAsync<long>("select count(*) from sqlite_master where name = 'event_log'") > 0
        && await connection.ExecuteScalarAsync<long>("select count(*) from (select 1 from event_log limit 1)") > 0;
}
