using NotificationHub.Events;
using NotificationHub.OperationTracking;
using NotificationHub.Publishing;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Operations, dead letters and the audit log.</summary>
public abstract class OperationStoreContract : StoreContract
{
    private static readonly Announcement Announced = new()
    {
        EventId = "event-1",
        Location = "location-1",
        Kind = "ASSOCIATE",
        Tasks = 3,
    };

    [Fact]
    public async Task The_progress_of_an_operation_adds_up_over_batches()
    {
        await RecordAsync(Progress(seq: 1, at: 1_000, succeeded: 1), Progress(seq: 2, at: 500, failed: 1));
        await RecordAsync(Progress(seq: 3, at: 2_000, succeeded: 2), Progress(seq: 4, at: 2_500, id: "event-2"));

        var operation = await FindAsync("event-1");
        operation.Kind.ShouldBe("ASSOCIATE");
        (operation.StartedAt, operation.LastNotificationAt).ShouldBe((At(500), At(2_000)));
        (operation.Notifications, operation.Succeeded, operation.Failed).ShouldBe((3, 3, 1));
        operation.DueAt.ShouldBe(At(2_000) + OperationProgressBatch.Silence);
        (await Test.QueryAsync<long>("select seq from operation_notification where event_id = 'event-1'")).ShouldBe([
            2,
        ]);
        (await FindAsync("event-2")).Notifications.ShouldBe(1);
    }

    [Fact]
    public async Task An_operation_whose_tasks_were_all_reported_is_completed_once()
    {
        await AnnounceAsync(Announced);
        var counted = Database.Signals.OperationsCounted.Next;
        await RecordAsync(Progress(seq: 1, at: 1, succeeded: 2));
        counted.IsCompleted.ShouldBeFalse();

        await RecordAsync(Progress(seq: 2, at: 2, succeeded: 1));

        counted.IsCompleted.ShouldBeTrue();
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var operation = (await OperationStore.ReadCountedAsync(connection, limit: 10)).ShouldHaveSingleItem();
        (operation.Tasks, operation.Deferred, operation.AnnouncedBy).ShouldBe((3L, false, TestActor.Operator.Name));
        await WriteAsync(transaction => OperationStore.ClearCountedAsync(transaction, operation, pollAt: null));
        (await OperationStore.ReadCountedAsync(connection, limit: 10)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_first_announcement_of_an_operation_is_kept()
    {
        (await AnnounceAsync(Announced, Announced)).ShouldBe(1);
        (await AnnounceAsync(Announced with { Tasks = 9 })).ShouldBe(0);

        (await FindAsync("event-1")).Tasks.ShouldBe(3);
    }

    [Fact]
    public async Task An_operation_ends_once_and_its_report_is_stored()
    {
        await RecordAsync(Progress(seq: 1, at: 1));
        var operation = await FindAsync("event-1");

        (await EnterAsync(operation, OperationStates.Stalled, closedAt: null)).ShouldBeTrue();
        (await EnterAsync(operation, OperationStates.Stalled, closedAt: null)).ShouldBeFalse();
        (await EnterAsync(operation, OperationStates.Completed, closedAt: 9)).ShouldBeTrue();
        (await EnterAsync(operation, OperationStates.Failed, closedAt: 10)).ShouldBeFalse();

        var ended = await FindAsync("event-1");
        (ended.State, ended.ClosedAt, ended.Completed, ended.Missed).ShouldBe((OperationStates.Completed, At(9), 5, 1));
        ended.ReportJson.ShouldBe("""{"why":"it's ä"}""");
    }

    [Fact]
    public async Task Only_one_replica_polls_an_operation()
    {
        await RecordAsync(Progress(seq: 1, at: 1));
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var due = (
            await OperationStore.ReadDueAsync(connection, "location-1", now: DateTimeOffset.MaxValue, limit: 10)
        ).ShouldHaveSingleItem();

        (await WriteAsync(transaction => OperationStore.ClaimAsync(transaction, due, now: At(5)))).ShouldBeTrue();
        (await WriteAsync(transaction => OperationStore.ClaimAsync(transaction, due, now: At(5)))).ShouldBeFalse();

        await WriteAsync(transaction =>
            OperationStore.PostponeAsync(transaction, due, "fault", lastPolledAt: At(6), dueAt: At(600_000))
        );
        var put = await FindAsync("event-1");
        (put.Polls, put.LastPolledAt, put.DueAt, put.LastError).ShouldBe((1, At(6), At(600_000), "fault"));
        await RecordAsync(Progress(seq: 2, at: 7));
        (await FindAsync("event-1")).Polls.ShouldBe(0);
    }

    [Fact]
    public async Task A_repeated_commit_of_a_dead_letter_finds_the_cursor_moved()
    {
        var entry = await AppendEventAsync();
        using var leases = Test.CreateLeases();
        using var lease = (await leases.TryAcquireAsync("publishing", CancellationToken.None)).ShouldNotBeNull();
        var log = new TopicLog(entry.Topic, Database, TimeProvider.System);
        await CommitAsync();

        // As after a lost response. A duplicate key would look like an unavailable database on SQL Server, and be retried forever.
        await Should.ThrowAsync<InvalidOperationException>(CommitAsync);

        Task CommitAsync() =>
            log.CommitAsync(lease, from: 0, entry.Seq, [new RejectedEvent(entry, "too large")], CancellationToken.None);
    }

    [Fact]
    public async Task A_dead_letter_is_resolved_once_and_the_decision_is_audited()
    {
        var entry = await AppendEventAsync();
        await WriteAsync(transaction =>
            DeadLetterStore.AddAsync(transaction, new RejectedEvent(entry, "it's too \"large\""), now: At(5))
        );
        var letters = new DeadLetterStore(Database, TimeProvider.System);

        var first = await letters.ResendAsync(entry.Seq, TestActor.Operator, CancellationToken.None);
        var second = await letters.DiscardAsync(entry.Seq, "odd", TestActor.Operator, CancellationToken.None);
        var stranger = await letters.ResendAsync(entry.Seq + 1, TestActor.Operator, CancellationToken.None);

        (first, second, stranger).ShouldBe(
            (DeadLetterDecision.Taken, DeadLetterDecision.NotOpen, DeadLetterDecision.NotFound)
        );
        await WriteAsync(transaction => DeadLetterStore.ResolveAsync(transaction, entry.Seq, now: At(7)));
        var letter = (await letters.FindAsync(entry.Seq, CancellationToken.None)).ShouldNotBeNull();
        (letter.State, letter.ResolvedAt, letter.Reason).ShouldBe(
            (DeadLetterState.Resent, At(7), "it's too \"large\"")
        );
        (await letters.ListAsync("assets", state: null, after: 0, limit: 5, CancellationToken.None)).Count.ShouldBe(1);
        (await letters.ListAsync("users", state: null, after: 0, limit: 5, CancellationToken.None)).ShouldBeEmpty();
        (await Test.QueryAsync<string>("select outcome from audit_entry order by seq")).ShouldBe([
            AuditOutcome.Succeeded,
            AuditOutcome.Refused,
            AuditOutcome.Refused,
        ]);
    }

    [Fact]
    public async Task An_action_is_recorded_as_started_then_closed_and_entries_are_paged()
    {
        var act = new AuditedAct("locations rotate-secret", LocationId: null, "it's ä");
        List<long> seqs = [];
        for (var i = 0; i < 4; i++)
        {
            seqs.Add(
                await WriteAsync(transaction =>
                    AuditLog.RecordAsync(transaction, TestActor.Operator, act, AuditOutcome.Started)
                )
            );
        }

        await WriteAsync(transaction =>
            AuditLog.CloseAsync(transaction, seqs[3], AuditOutcome.Failed, "location-1", "a detail")
        );

        seqs.ShouldBe(seqs.Distinct().Order());
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var latest = await AuditLog.ListAsync(connection, after: null, limit: 2);
        latest.Select(entry => entry.Seq).ShouldBe(seqs[2..]);
        (latest[1].Outcome, latest[1].Location, latest[1].Detail).ShouldBe(("failed", "location-1", "a detail"));
        (latest[0].Actor, latest[0].Origin, latest[0].Subject).ShouldBe(("key:operator", "192.0.2.7", "it's ä"));
        (await AuditLog.ListAsync(connection, after: seqs[0], limit: 2))
            .Select(entry => entry.Seq)
            .ShouldBe(seqs[1..3]);
        (await AuditLog.ListAsync(connection, after: null, limit: 2, before: seqs[3]))
            .Select(entry => entry.Seq)
            .ShouldBe(seqs[1..3]);
    }

    private static OperationProgress Progress(
        long seq,
        long at,
        int succeeded = 0,
        int failed = 0,
        string id = "event-1"
    ) => new("location-1", id, seq, At(at), "ASSOCIATE", succeeded, failed);

    private Task RecordAsync(params OperationProgress[] notifications)
    {
        var batch = new OperationProgressBatch();
        Array.ForEach(notifications, batch.Add);
        return WriteAsync(transaction => batch.WriteAsync(transaction));
    }

    private Task<int> AnnounceAsync(params Announcement[] announcements) =>
        new Announcements(Database, TimeProvider.System).StoreAsync(
            announcements,
            TestActor.Operator,
            CancellationToken.None
        );

    private Task<bool> EnterAsync(Operation operation, string state, long? closedAt) =>
        WriteAsync(transaction =>
            OperationStore.EnterAsync(
                transaction,
                operation with
                {
                    State = state,
                    Completed = 5,
                    Missed = 1,
                    ReportJson = """{"why":"it's ä"}""",
                    ClosedAt = closedAt is { } at ? At(at) : null,
                }
            )
        );

    private async Task<Operation> FindAsync(string eventId)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return (await OperationStore.FindAsync(connection, eventId)).ShouldHaveSingleItem();
    }

    private async Task<EventEntry> AppendEventAsync()
    {
        var appended = new NewEvent
        {
            Type = EventNames.AssetChanged,
            LocationId = "location-1",
            Data = "{}"u8.ToArray(),
            CreatedAt = At(1),
        };
        var seqs = await Database.AppendEventsAsync(appended);
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        return (await EventLog.FindAsync(connection, seqs.Single())).ShouldNotBeNull();
    }
}

public sealed class SqliteOperationStoreTests : OperationStoreContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerOperationStoreTests : OperationStoreContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
