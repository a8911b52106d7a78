using System.Text;
using NotificationHub.Events;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

public abstract class EventLogContract : StoreContract
{
    [Fact]
    public async Task Events_are_read_in_append_order_with_their_seq()
    {
        var seqs = await AppendAsync(Changed("one"), Changed("two"), Changed("three"));

        var page = await ReadAsync(after: 0, new EventFilter());

        seqs.ShouldBe(seqs.Order());
        page.Select(entry => entry.Seq).ShouldBe(seqs);
        page.Select(entry => entry.Subject).ShouldBe(["one", "two", "three"]);
        page.ShouldAllBe(entry => entry.Epoch == 1 && entry.Topic == "assets");
        (await ReadAsync(after: seqs[1], new EventFilter())).Single().Subject.ShouldBe("three");
    }

    [Fact]
    public async Task All_members_of_an_event_are_stored()
    {
        var appended = new NewEvent
        {
            Type = EventNames.AssignmentChanged,
            LocationId = "location-1",
            Subject = "assignments/1",
            Data = "{}"u8.ToArray(),
            Action = "ASSOCIATE",
            Result = "SUCCESS",
            Change = "added",
            Cause = "baseline",
            AdamId = "1",
            CorrelationId = "e-1",
            Conflict = true,
            Traceparent = "00-0",
            CreatedAt = At(7),
        };

        var seq = (await AppendAsync(appended)).Single();

        (await ReadAsync(after: 0, new EventFilter()))
            .Single()
            .ShouldBeEquivalentTo(
                new EventEntry
                {
                    Epoch = 1,
                    Seq = seq,
                    Topic = "assets",
                    Type = appended.Type,
                    LocationId = appended.LocationId,
                    Subject = appended.Subject,
                    Data = appended.Data,
                    Action = appended.Action,
                    Result = appended.Result,
                    Change = appended.Change,
                    Cause = appended.Cause,
                    AdamId = appended.AdamId,
                    CorrelationId = appended.CorrelationId,
                    Conflict = true,
                    Traceparent = appended.Traceparent,
                    CreatedAt = At(7),
                }
            );
    }

    [Fact]
    public async Task An_event_that_refers_to_a_notification_has_its_body_as_data()
    {
        var notification = await Database.AppendAsync(Notification("a", """{"from":"Apple"}"""));
        await AppendAsync(
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                NotificationSeq = notification.Seq,
                CreatedAt = At(1),
            }
        );

        var entry = (await ReadAsync(after: 0, new EventFilter())).Single();

        Encoding.UTF8.GetString(entry.Data).ShouldBe("""{"from":"Apple"}""");
        entry.IsProvenJson.ShouldBeTrue();
        (await Test.ScalarAsync<long>("select count(*) from event_log where data is not null")).ShouldBe(0);
    }

    [Theory]
    [InlineData(Disposition.Rejected)]
    [InlineData(Disposition.Rerouted)]
    internal async Task The_body_of_a_notification_that_was_not_accepted_may_be_anything(Disposition disposition)
    {
        var notification = await Database.AppendAsync(Notification("a", "no JSON", disposition: disposition));
        await AppendAsync(
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                NotificationSeq = notification.Seq,
                CreatedAt = At(1),
            }
        );

        (await ReadAsync(after: 0, new EventFilter())).Single().IsProvenJson.ShouldBeFalse();
    }

    [Fact]
    public async Task A_reader_gets_only_events_that_match_its_filter()
    {
        await AppendAsync(
            Changed("asset"),
            Changed("elsewhere") with
            {
                LocationId = "location-2",
            },
            Changed("user") with
            {
                Type = EventNames.UserChanged,
            }
        );

        (await SubjectsAsync(new EventFilter(Topic: "users"))).ShouldBe(["user"]);
        (await SubjectsAsync(new EventFilter(Type: EventNames.AssetChanged))).ShouldBe(["asset", "elsewhere"]);
        (await SubjectsAsync(new EventFilter(LocationId: "location-2"))).ShouldBe(["elsewhere"]);
    }

    [Fact]
    public async Task Events_are_appended_after_all_other_writes_of_the_transaction()
    {
        long before = -1;
        IReadOnlyList<long> first = [];
        IReadOnlyList<long> second = [];
        IReadOnlyList<long> third = [];

        await WriteAsync(async transaction =>
        {
            transaction.AppendEvents(
                [Changed("one"), Changed("two")],
                seqs =>
                {
                    first = seqs;
                    transaction.AppendEvents([Changed("four")], Keep(seqs => third = seqs));
                    return Task.CompletedTask;
                }
            );
            transaction.AppendEvents([Changed("three")], Keep(seqs => second = seqs));
            transaction.AppendEvents([]);
            before = await transaction.ScalarAsync<long>("select count(*) from event_log");
        });

        before.ShouldBe(0, "the lock of the event log is taken last");
        var entries = await ReadAsync(after: 0, new EventFilter());
        entries.Select(entry => entry.Subject).ShouldBe(["one", "two", "three", "four"]);
        entries.Select(entry => entry.Seq).ShouldBe([.. first, .. second, .. third]);
    }

    [Fact]
    public async Task Only_a_commit_wakes_the_publishers()
    {
        var woken = Database.Signals.EventsAppended.Next;
        await Should.ThrowAsync<InvalidOperationException>(() =>
            WriteAsync(transaction =>
            {
                transaction.AppendEvents([Changed("never")]);
                throw new InvalidOperationException("the stage fails after it has written");
            })
        );
        woken.IsCompleted.ShouldBeFalse();
        (await ReadAsync(after: 0, new EventFilter())).ShouldBeEmpty();

        await AppendAsync(Changed("one"));

        woken.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Erasing_the_first_event_does_not_move_the_start_of_the_log()
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        (await EventLog.ReadLastAsync(connection)).ShouldBe(0);
        var seqs = await AppendAsync(Changed("one"), Changed("two"), Changed("three"));
        await Test.ExecuteAsync("delete from event_log where seq = @seq", new { seq = seqs[0] });

        (await EventLog.ReadStartAsync(connection)).ShouldBe(seqs[0]);
        (await EventLog.ReadLastAsync(connection)).ShouldBe(seqs[2]);
    }

    [Fact]
    public async Task Each_event_of_a_batch_keeps_its_own_data()
    {
        var notification = await Database.AppendAsync(Notification("a", "body"));
        byte[] large = [.. Enumerable.Range(0, 300_000).Select(i => (byte)i)];
        var seqs = await AppendAsync(
            Changed("empty") with
            {
                Data = [],
            },
            Changed("large") with
            {
                Data = large,
            },
            new NewEvent
            {
                Type = EventNames.AssetCountNotified,
                NotificationSeq = notification.Seq,
                CreatedAt = At(1),
            },
            Changed("it's \"ä\" \ud83d\ude00") with
            {
                Data = [0, 255, 0],
            }
        );

        var page = await ReadAsync(after: 0, new EventFilter());

        page.Select(entry => entry.Seq).ShouldBe(seqs);
        page[0].Data.ShouldBeEmpty();
        page[1].Data.AsSpan().SequenceEqual(large).ShouldBeTrue();
        Encoding.UTF8.GetString(page[2].Data).ShouldBe("body");
        page[3].Data.ShouldBe([0, 255, 0]);
        page[3].Subject.ShouldBe("it's \"ä\" \ud83d\ude00");
    }

    [Fact]
    public async Task A_seq_is_not_reused_after_the_end_of_the_log_was_deleted()
    {
        var seqs = await AppendAsync(Changed("one"), Changed("two"));
        await Test.ExecuteAsync("delete from event_log");

        var next = await AppendAsync(Changed("three"));

        next.Single().ShouldBeGreaterThan(seqs[^1]);
    }

    [Fact]
    public async Task A_page_has_the_requested_number_of_rows_and_ends_at_the_requested_seq()
    {
        var seqs = await AppendAsync([.. Enumerable.Range(0, 10).Select(i => Changed($"{i}"))]);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);

        var page = await EventLog.ReadPageAsync(connection, seqs[1], new EventFilter(), 3, CancellationToken.None);
        var end = await ReadAsync(after: seqs[7], new EventFilter(UpTo: seqs[8]));

        page.Select(entry => entry.Seq).ShouldBe([seqs[2], seqs[3], seqs[4]]);
        end.Select(entry => entry.Seq).ShouldBe([seqs[8]]);
        (await EventLog.FindAsync(connection, seqs[5]))!.Subject.ShouldBe("5");
        (await EventLog.FindAsync(connection, seqs[^1] + 1)).ShouldBeNull();
    }

    private static NewEvent Changed(string subject) =>
        new()
        {
            Type = EventNames.AssetChanged,
            LocationId = "location-1",
            Subject = subject,
            Data = "{}"u8.ToArray(),
            CreatedAt = At(1),
        };

    private static Func<IReadOnlyList<long>, Task> Keep(Action<IReadOnlyList<long>> keep) =>
        seqs =>
        {
            keep(seqs);
            return Task.CompletedTask;
        };

    private Task<IReadOnlyList<long>> AppendAsync(params NewEvent[] events) => Database.AppendEventsAsync(events);

    private async Task<IReadOnlyList<EventEntry>> ReadAsync(long after, EventFilter filter)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return await EventLog.ReadPageAsync(connection, after, filter, limit: 100, CancellationToken.None);
    }

    private async Task<IEnumerable<string?>> SubjectsAsync(EventFilter filter) =>
        (await ReadAsync(after: 0, filter)).Select(entry => entry.Subject);
}

public sealed class SqliteEventLogTests : EventLogContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerEventLogTests : EventLogContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
