using NotificationHub.Admin;
using NotificationHub.Snapshots;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>Which changes a search of records finds, on both engines.</summary>
public abstract class RecordHistoryContract : StoreContract
{
    [Fact]
    public async Task The_changes_of_a_record_are_read_newest_first_without_those_of_others()
    {
        var first = await AppendAsync(RecordKind.Assignment, "1/STDQ/serial:A");
        await AppendAsync(RecordKind.Assignment, "1/STDQ/serial:AB");
        await AppendAsync(RecordKind.Assignment, "1/STDQ/serial:A", location: "other");
        var second = await AppendAsync(RecordKind.Assignment, "1/STDQ/serial:A");
        var change = await Database.ReadAsync(
            connection => EventLog.FindAsync(connection, first),
            CancellationToken.None
        );

        var history = new RecordHistory(Database);
        var all = await history.ReadAsync(change!, before: null, limit: 10, CancellationToken.None);
        var earlier = await history.ReadAsync(change!, before: second, limit: 10, CancellationToken.None);

        all.Select(entry => entry.Seq).ShouldBe([second, first]);
        earlier.Select(entry => entry.Seq).ShouldBe([first]);
    }

    [Fact]
    public async Task An_app_is_found_in_all_kinds_of_records()
    {
        long[] seqs =
        [
            await AppendAsync(RecordKind.Asset, "1/STDQ"),
            await AppendAsync(RecordKind.Assignment, "1/PLUS/user:ann"),
            await AppendAsync(RecordKind.Subscription, "1"),
            await AppendAsync(RecordKind.SubscriptionAssignment, "1/ann"),
        ];
        await AppendAsync(RecordKind.Asset, "12/STDQ");
        await AppendAsync(RecordKind.Subscription, "12");
        await AppendAsync(RecordKind.User, "1");

        (await SearchAsync(new() { AdamId = "1" })).ShouldBe(seqs.Reverse());
        (await SearchAsync(new() { AdamId = "1" }, limit: 2)).ShouldBe(seqs.Reverse().Take(2));
        (await SearchAsync(new() { AdamId = "1", Location = "other" })).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("ann")]
    [InlineData("a/b:c%20")]
    [InlineData("ends with a space ")]
    public async Task A_device_and_a_user_with_the_same_ID_are_told_apart(string id)
    {
        var device = await AppendAsync(
            RecordKind.Assignment,
            RecordKeys.Assignment("1/STDQ", RecordKeys.SerialHolder(id))
        );
        long[] user =
        [
            await AppendAsync(RecordKind.Assignment, RecordKeys.Assignment("1/STDQ", RecordKeys.UserHolder(id))),
            await AppendAsync(RecordKind.User, RecordKeys.User(id)),
            await AppendAsync(RecordKind.User, RecordKeys.RetiredUser(id, "h")),
            await AppendAsync(RecordKind.SubscriptionAssignment, RecordKeys.SubscriptionAssignment("1", id)),
        ];
        await AppendAsync(RecordKind.User, RecordKeys.User($"{id}x"));

        (await SearchAsync(new() { SerialNumber = id })).ShouldBe([device]);
        (await SearchAsync(new() { ClientUserId = id })).ShouldBe(user.Reverse());
    }

    private async Task<IReadOnlyList<long>> SearchAsync(RecordFilter filter, int limit = 100) =>
        [
            .. (
                await new RecordHistory(Database).SearchAsync(filter, before: null, limit, CancellationToken.None)
            ).Select(entry => entry.Seq),
        ];

    private async Task<long> AppendAsync(RecordKind kind, string key, string location = "location-1") =>
        (
            await Database.AppendEventsAsync(
                new NewEvent
                {
                    Type = kind.EventName,
                    LocationId = location,
                    Subject = $"{kind.SubjectPrefix}/{key}",
                    Data = """{"before":null,"after":{},"change":"added","cause":"notification"}"""u8.ToArray(),
                    Change = RecordChanges.Added,
                    CreatedAt = At(1),
                }
            )
        ).Single();
}

public sealed class SqliteRecordHistoryTests : RecordHistoryContract
{
    [Fact]
    public async Task Each_search_uses_an_index_of_changes()
    {
        const string ByRecord = "COVERING INDEX event_log_record";
        const string ByHolder = "INDEX event_log_holder (<expr>=? AND seq>? AND seq<?)";

        (await PlanAsync(RecordMatch.Subject("a"), "north")).ShouldContain(
            $"{ByRecord} (subject=? AND location_id=? AND seq>? AND seq<?)"
        );
        (await PlanAsync(RecordMatch.Subject("a"), location: null)).ShouldContain($"{ByRecord} (subject=?");
        (await PlanAsync(RecordMatch.Under("a"), location: null)).ShouldContain(
            $"{ByRecord} (subject>? AND subject<?)"
        );
        (await PlanAsync(RecordMatch.Device("a"), location: null)).ShouldContain(ByHolder);
        (await PlanAsync(RecordMatch.User("a"), "north")).ShouldContain(ByHolder);
    }

    private async Task<string> PlanAsync(RecordMatch match, string? location)
    {
        await using var connection = await Database.OpenReaderAsync(CancellationToken.None);
        var plan = await Test.QueryAsync<PlanStep>(
            $"explain query plan {RecordHistory.Statement(connection, match, location)}",
            new
            {
                match.From,
                match.Below,
                locationId = location,
                first = 0,
                last = 9,
                limit = 1,
            }
        );
        return string.Join('\n', plan.Select(step => step.Detail));
    }

    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();

    private sealed record PlanStep
    {
        public required string Detail { get; init; }
    }
}

public sealed class SqlServerRecordHistoryTests : RecordHistoryContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
