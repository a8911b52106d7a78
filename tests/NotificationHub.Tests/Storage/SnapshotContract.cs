using NotificationHub.FullSync;
using NotificationHub.Refetch.Targets;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class SnapshotContract : StoreContract
{
    private static readonly ReadContext Read = new(
        "location-1",
        RecordKind.Asset,
        RecordChanges.Notification,
        FirstSight: false,
        CorrelationId: null,
        Traceparent: null
    )
    {
        FindPending = PendingTargets.FindAsync,
    };

    [Fact]
    public async Task A_record_accepts_only_later_reads_and_reports_differences()
    {
        await ApplyAsync(number: 5, Record("1/STDQ", "one"));
        await ApplyAsync(number: 4, Record("1/STDQ", "older"));
        await ApplyAsync(number: 6, Record("1/STDQ", "one"));
        (await RowsAsync()).ShouldBe([("1/STDQ", "\"one\"", 6L)]);

        await ApplyAsync(number: 7, Record("1/STDQ", "two"));

        (await RowsAsync()).ShouldBe([("1/STDQ", "\"two\"", 7L)]);
        (await Test.QueryAsync<string>("select change from event_log order by seq")).ShouldBe(["added", "updated"]);
        (await Test.ScalarAsync<long>("select revision from snapshot")).ShouldBe(
            await Test.ScalarAsync<long>("select max(seq) from event_log")
        );
    }

    [Fact]
    public async Task Each_record_of_a_chunk_has_the_revision_of_its_own_event()
    {
        SnapshotRecord[] records =
        [
            .. Enumerable.Range(0, 100).Select(i => Record($"{i:000}/STDQ", $"a \\\"{i}\\\" ä")),
        ];
        await ApplyAsync(number: 1, records[..60]);

        await ApplyAsync(
            number: 2,
            [.. records[..30], .. records[30..60].Select(record => record with { Data = "\"b\"" }), .. records[60..]]
        );

        var stated = await Test.QueryAsync<(string Subject, long Seq)>(
            "select subject, max(seq) from event_log group by subject"
        );
        var revisions = await Test.QueryAsync<(string Key, long Revision)>("select \"key\", revision from snapshot");
        revisions
            .Select(row => ($"assets/{row.Key}", row.Revision))
            .ShouldBe(stated.Select(row => (row.Subject, row.Seq)), ignoreOrder: true);
        revisions.Count.ShouldBe(100);
        (await RowsAsync())[30].ShouldBe(("030/STDQ", "\"b\"", 2L));
        (await Test.ScalarAsync<long>("select count(*) from event_log")).ShouldBe(130);
    }

    [Fact]
    public async Task Records_missing_from_a_complete_read_are_removed_but_keep_their_rows()
    {
        await ApplyAsync(number: 1, Record("1/STDQ", "a"), Record("2/STDQ", "b"), Record("3/PLUS", "c"));
        await ApplyAsync(number: 2, Record("2/STDQ", "b"));

        // Asset 2 was read in the meantime: the transaction checks the rows again.
        await WriteAsync(transaction =>
            SnapshotStore.RemoveKeysAsync(
                transaction,
                Read,
                ["1/STDQ", "2/STDQ", "3/PLUS"],
                new ReadNumbers(First: 2, Page: 2),
                now: At(9)
            )
        );

        (await RowsAsync()).ShouldBe([("1/STDQ", null, 2L), ("2/STDQ", "\"b\"", 2L), ("3/PLUS", null, 2L)]);
        (await Test.ScalarAsync<long>("select count(*) from event_log where change = 'removed'")).ShouldBe(2);
    }

    [Fact]
    public async Task A_key_range_contains_only_its_own_records()
    {
        await ApplyAsync(
            number: 1,
            Record("1/STDQ/user:a", "x"),
            Record("1/STDQ/user:ä", "x"),
            Record("1/STDQ", "x"),
            Record("1/STDQX/user:a", "x"),
            Record("10/STDQ/user:a", "x")
        );

        (await AbsentAsync(KeyRange.Under("1/STDQ"))).ShouldBe(["1/STDQ/user:a", "1/STDQ/user:ä"]);
        (await AbsentAsync(new KeyRange("1/STDQ"))).ShouldBe(["1/STDQ"]);
    }

    [Fact]
    public async Task Unseen_records_are_found_across_pages_without_removed_ones()
    {
        foreach (var chunk in Enumerable.Range(0, 2_100).Chunk(SnapshotStore.ChunkSize))
        {
            await ApplyAsync(number: 1, [.. chunk.Select(n => Record($"{n:D4}/STDQ", "x"))]);
        }

        await ApplyAsync(number: 2, Record("0000/STDQ", "x"), Record("2098/STDQ", "x"));
        await Test.ExecuteAsync("update snapshot set data = null where \"key\" <= '2090/STDQ'");

        (await AbsentAsync(KeyRange.All)).ShouldBe([
            .. Enumerable.Range(2_091, 9).Where(n => n != 2_098).Select(n => $"{n}/STDQ"),
        ]);
    }

    private async Task<IReadOnlyList<string>> AbsentAsync(KeyRange range) =>
        await new AbsentRecords(Database)
            .FindAsync(Read.LocationId, Read.Kind, range, firstNumber: 2, after: "", CancellationToken.None)
            .ToListAsync();

    [Fact]
    public async Task Records_are_paged_in_code_point_order_without_duplicates()
    {
        string[] keys = ["", "A/1", "B/1", "a/1", "a/1/x", "a_1", "b/1", "ä/1"];
        await ApplyAsync(number: 1, [.. keys.Reverse().Select(key => Record($"k{key}", "x"))]);

        List<string> seen = [];
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        while (
            await SnapshotRows.ReadPageAsync(connection, "location-1", RecordKind.Asset, seen.LastOrDefault() ?? "", 3)
                is { Count: > 0 } page
        )
        {
            seen.AddRange(page.Select(row => row.Key));
        }

        seen.ShouldBe(keys.Select(key => $"k{key}"));
        (await SnapshotRows.CountAsync(connection, "location-1", RecordKind.Asset)).ShouldBe(keys.Length);
        (await SnapshotRows.CountAsync(connection, "location-2", RecordKind.Asset)).ShouldBe(0);
    }

    [Fact]
    public async Task Read_numbers_of_a_location_are_unique()
    {
        var other = await Test.OpenAnotherAsync();
        await Test.ExecuteAsync(
            "insert into location (location_id, state, state_since, receive_only, read_number, created_at) values ('location-1', 'valid', 0, 0, 0, 0)"
        );

        var numbers = await Task.WhenAll(
            Enumerable
                .Range(0, 10)
                .Select(i =>
                    Task.Run(() =>
                        RetryUntilStoredAsync(() =>
                            (i % 2 == 0 ? Database : other).WriteAsync(
                                transaction => SnapshotStore.TakeReadNumberAsync(transaction, "location-1"),
                                CancellationToken.None
                            )
                        )
                    )
                )
        );

        numbers.Order().ShouldBe(Enumerable.Range(1, 10).Select(i => (long)i));
    }

    [Fact]
    public async Task A_full_sync_state_is_stored_unchanged()
    {
        var created = await WriteAsync(transaction => FullSyncStore.CreateAsync(transaction, "location-1", now: At(5)));
        var saved = created[0] with
        {
            Phase = FullSyncPhases.Reading,
            DueAt = null,
            Owner = "it's me",
            PageToken = "ä",
            FirstVersion = "v1",
            SinceVersion = "v0",
            StartNumber = 7,
            IsUndisturbed = false,
            Restarts = 1,
            Pages = 2,
            TotalPages = 3,
            Records = 4,
            Attempts = 5,
            LastError = "fault",
            StartedAt = At(6),
            FinishedAt = At(7),
            ImportedAt = At(8),
            KnownRecords = 9,
        };
        await WriteAsync(async transaction =>
        {
            await FullSyncStore.SaveAsync(transaction, saved);
            await FullSyncPages.AddAsync(transaction, saved, number: 7);
            await FullSyncPages.AddAsync(transaction, saved with { PageToken = null }, number: 8);
            await FullSyncPages.AddAsync(transaction, saved with { PageToken = "b" }, number: 9);
        });

        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await FullSyncStore.ReadAsync(connection, "location-1")).ShouldBe([saved, .. created.Skip(1)]);
        (await WriteAsync(transaction => FullSyncPages.FindAsync(transaction, saved, pageToken: "ä", numbers: [8, 10])))
            .OrderBy(page => page.Number)
            .ShouldBe([new FullSyncPage(7, "ä"), new FullSyncPage(8, "")]);
        foreach (var other in new[] { "B", null })
        {
            (
                await WriteAsync(transaction => FullSyncPages.FindAsync(transaction, saved, other, numbers: []))
            ).ShouldBeEmpty();
        }

        (await WriteAsync(t => FullSyncStore.RequestAsync(t, "location-1", [saved.KindName], now: At(1)))).ShouldBe(1);
    }

    [Fact]
    public async Task The_version_of_the_users_can_be_replaced_and_deleted()
    {
        await WriteAsync(transaction => LocationVersions.SetUsersAsync(transaction, "location-1", "v1"));
        await WriteAsync(transaction => LocationVersions.SetUsersAsync(transaction, "location-1", "v2"));
        (
            await WriteAsync(transaction => LocationVersions.ReadUsersAsync(transaction.Connection, "location-1"))
        ).ShouldBe("v2");

        await WriteAsync(transaction => LocationVersions.SetUsersAsync(transaction, "location-1", versionId: null));

        (
            await WriteAsync(transaction => LocationVersions.ReadUsersAsync(transaction.Connection, "location-1"))
        ).ShouldBeNull();
    }

    private static SnapshotRecord Record(string key, string data) => new(key, $"\"{data}\"", AdamId: "1");

    private Task ApplyAsync(long number, params SnapshotRecord[] records) =>
        WriteAsync(transaction =>
            SnapshotStore.ApplyAsync(transaction, Read, records, new ReadNumbers(number, number), now: At(1))
        );

    private Task<IReadOnlyList<(string Key, string? Data, long ReadNumber)>> RowsAsync() =>
        Test.QueryAsync<(string, string?, long)>("select \"key\", data, read_number from snapshot order by \"key\"");
}

public sealed class SqliteSnapshotTests : SnapshotContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerSnapshotTests : SnapshotContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
