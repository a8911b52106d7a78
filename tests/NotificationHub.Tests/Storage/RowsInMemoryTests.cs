using System.Security.Cryptography;
using System.Text;
using NotificationHub.Events;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>On SQLite, a stage that reads rows from memory reads the same rows as from the database.</summary>
public sealed class RowsInMemoryTests : StoreContract
{
    private const int Limit = 1_000;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        // Only rows that are added after the first read are in memory.
        ReadEvents(Database, after: 0).ShouldBeNull();
        ReadNotifications().ShouldBeNull();
    }

    [Fact]
    public async Task Notifications_in_memory_are_those_in_the_database()
    {
        NotificationAppend[] appends =
        [
            Varied("a", "{}"),
            Varied("a", """{"conflict":true}"""),
            Varied("a", "{}"),
            Varied("b", """{"text":"ä"}"""),
            Varied("", "not JSON", Disposition.Rejected, error: "not JSON"),
            Varied("c", "{}", Disposition.Quarantined),
            Varied("d", "{}", Disposition.AfterRemoval),
            Varied("e\0f", "{}"),
        ];
        foreach (var append in appends)
        {
            await Database.AppendAsync(append);
        }

        var inMemory = ReadNotifications().ShouldNotBeNull();

        inMemory.Count.ShouldBe(7, "one is a duplicate");
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        inMemory.ShouldBeEquivalentTo(
            await NotificationLog.ReadPageAsync(connection, 0, Limit, CancellationToken.None)
        );
    }

    [Fact]
    public async Task Events_in_memory_are_those_in_the_database()
    {
        var body = """{"notificationId":"a"}"""u8.ToArray();
        var notification = await Database.AppendAsync(Notification("a", Encoding.UTF8.GetString(body)));
        await Database.AppendEventsAsync(
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                LocationId = "location-1",
                Subject = "assets/1",
                NotificationSeq = notification.Seq,
                Body = body,
                AdamId = "1",
                CorrelationId = "e-1",
                Conflict = true,
                CreatedAt = At(7).AddTicks(1),
            },
            new NewEvent
            {
                Type = EventNames.AssetChanged,
                Data = """{"a":1}"""u8.ToArray(),
                Action = "ASSOCIATE",
                Result = "SUCCESS",
                Change = "added",
                Cause = "baseline",
                Traceparent = "00-0",
                CreatedAt = At(8),
            },
            Changed("users/a\0b")
        );

        var inMemory = ReadEvents(Database, after: 0);

        inMemory.ShouldNotBeNull().Count.ShouldBe(3);
        inMemory.ShouldBeEquivalentTo(await ReadStoredEventsAsync());
    }

    [Fact]
    public async Task An_event_whose_notification_is_not_in_memory_is_read_from_the_database()
    {
        var notification = await Database.AppendAsync(Notification("a", "{}"));
        await Database.AppendEventsAsync(
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                NotificationSeq = notification.Seq,
                CreatedAt = At(7),
            }
        );

        ReadEvents(Database, after: 0).ShouldBeNull();
        Encoding.UTF8.GetString((await PublishedAsync(Database)).Single().Data).ShouldBe("{}");
    }

    [Fact]
    public async Task A_transaction_that_fails_leaves_nothing_in_memory()
    {
        await Should.ThrowAsync<InvalidOperationException>(
            Database.WriteAsync(
                async transaction =>
                {
                    transaction.AppendEvents([Changed("lost")]);
                    await transaction.WriteEventsAsync();
                    throw new InvalidOperationException();
                },
                CancellationToken.None
            )
        );

        ReadEvents(Database, after: 0).ShouldBeNull();
        await Database.AppendEventsAsync(Changed("stored"));
        ReadEvents(Database, after: 0).ShouldNotBeNull().Single().Subject.ShouldBe("stored");
    }

    [Fact]
    public async Task The_rows_of_another_process_are_not_skipped()
    {
        var other = await Test.OpenAnotherAsync();
        await Database.AppendEventsAsync(Changed("1"));
        await other.AppendEventsAsync(Changed("2"));
        await Database.AppendEventsAsync(Changed("3"));
        await other.AppendEventsAsync(Changed("4"));

        (await PublishedAsync(Database)).Select(entry => entry.Subject).ShouldBe(["1", "2", "3", "4"]);
        (await PublishedAsync(other)).Select(entry => entry.Subject).ShouldBe(["1", "2", "3", "4"]);
    }

    [Fact]
    public async Task A_publisher_skips_no_event_while_two_processes_append()
    {
        var other = await Test.OpenAnotherAsync();
        var random = new Random(7);
        List<string?> appended = [];
        List<string?> published = [];
        var fromMemory = 0;
        for (var round = 0; round < 200; round++)
        {
            var database = random.Next(4) == 0 ? other : Database;
            NewEvent[] events =
            [
                .. Enumerable.Range(0, random.Next(1, 5)).Select(number => Changed($"{round}-{number}")),
            ];
            await database.AppendEventsAsync(events);
            appended.AddRange(events.Select(entry => entry.Subject));
            if (random.Next(3) == 0)
            {
                var page = await PublishedAsync(Database);
                fromMemory += page.Count(entry => events.Any(recent => ReferenceEquals(recent.Data, entry.Data)));
                published.AddRange(page.Select(entry => entry.Subject));
                await Test.ExecuteAsync(
                    $"insert or replace into log_cursor (name, position, last_progress_at) values ('publishing:assets', {page[^1].Seq}, 0)"
                );
            }
        }

        published.AddRange((await PublishedAsync(Database)).Select(entry => entry.Subject));
        published.ShouldBe(appended);
        fromMemory.ShouldBeGreaterThan(20);
    }

    [Fact]
    public async Task A_change_by_another_process_is_followed()
    {
        var other = await Test.OpenAnotherAsync();
        await Database.AppendEventsAsync(Changed("personal"));
        ReadEvents(Database, after: 0).ShouldNotBeNull();

        await other.WriteAsync(
            async transaction =>
            {
                await transaction.ExecuteAsync("update event_log set subject = 'redacted'");
                await transaction.RecordLogChangeAsync();
            },
            CancellationToken.None
        );

        (await PublishedAsync(Database)).Single().Subject.ShouldBe("redacted");
    }

    [Fact]
    public async Task Many_events_keep_their_order_and_their_members()
    {
        // Each count uses the statement for several rows and the one for a single row differently.
        foreach (var count in (int[])[1, 15, 16, 17, 33, 64])
        {
            var before = (await ReadStoredEventsAsync()).Count;
            NewEvent[] events =
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(number =>
                        Changed($"{count}-{number}") with
                        {
                            LocationId = number % 3 == 0 ? null : $"location-{number % 5}",
                            Action = number % 2 == 0 ? "ASSOCIATE" : null,
                            NotificationSeq = number % 5 == 0 ? 1_000 + number : null,
                            Data = Encoding.UTF8.GetBytes(number % 3 == 0 ? "{}" : $"{{\"number\":{number}}}"),
                            Conflict = number % 4 == 0,
                            CreatedAt = At(number % 7),
                        }
                    ),
            ];

            var seqs = await Database.AppendEventsAsync(events);

            var stored = (await ReadStoredEventsAsync()).Skip(before).ToList();
            stored.Select(entry => entry.Seq).ShouldBe(seqs);
            stored.ShouldBeEquivalentTo(events.Zip(seqs, (appended, seq) => appended.ToEntry(seq, epoch: 1)).ToList());
        }
    }

    private static NewEvent Changed(string subject) =>
        new()
        {
            Type = EventNames.AssetChanged,
            Subject = subject,
            Data = "{}"u8.ToArray(),
            CreatedAt = At(0),
        };

    private List<NotificationEntry>? ReadNotifications() =>
        Database
            .RecentNotifications.Read(new CursorState(0, EventEpoch: 1, Changes: 0), Limit, _ => true)
            ?.Select(recent => recent.Row)
            .ToList();

    private static List<EventEntry>? ReadEvents(Database database, long after) =>
        database
            .RecentEvents.Read(new CursorState(after, EventEpoch: 1, Changes: 0), Limit, _ => true)
            ?.Select(recent => recent.Row.ToEntry(recent.Seq, epoch: 1))
            .ToList();

    private static async Task<IReadOnlyList<EventEntry>> PublishedAsync(Database database) =>
        (await new TopicLog("assets", database, TimeProvider.System).ReadNextPageAsync(CancellationToken.None)).Page;

    private async Task<List<EventEntry>> ReadStoredEventsAsync()
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return [.. await EventLog.ReadPageAsync(connection, 0, new EventFilter(), Limit, CancellationToken.None)];
    }

    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();

    /// <summary>A notification that has each optional member, or not, depending on its ID and disposition.</summary>
    private static NotificationAppend Varied(
        string id,
        string body,
        Disposition disposition = Disposition.Accepted,
        string? error = null
    ) =>
        new()
        {
            LocationId = "location-1"u8.ToArray(),
            DedupHash = id.Length == 0 ? 0 : id[0],
            NotificationId = Encoding.UTF8.GetBytes(id),
            NotificationType = id.Length == 0 ? default : "ASSET_COUNT"u8.ToArray(),
            UId = disposition == Disposition.Quarantined ? "u-2"u8.ToArray() : default,
            Body = Encoding.UTF8.GetBytes(body),
            BodySha256 = SHA256.HashData(Encoding.UTF8.GetBytes(body)),
            ReceivedAt = At(1_785_585_600_000),
            RemoteAddress = id == "b" ? "203.0.113.7" : null,
            UserAgent = id == "b" ? "agent" : null,
            ContentType = id == "b" ? "text/plain" : null,
            Traceparent = id == "b" ? "00-1" : null,
            Disposition = disposition,
            Error = error,
            RejectedQuota = 100,
        };
}
