using System.Text;
using NotificationHub.Admin;
using NotificationHub.Intake;
using NotificationHub.Storage;

namespace NotificationHub.Tests.Storage;

/// <summary>What a search of the notification log finds, on both engines.</summary>
public abstract class NotificationSearchContract : StoreContract
{
    private const string Devices = """
        {"notification":{"eventId":"e-1","assignments":[{"adamId":"361309726","serialNumber":"C02-1"},{"adamId":42,"clientUserId":"ann"}]}}
        """;

    [Fact]
    public async Task A_notification_is_found_by_what_its_body_names()
    {
        var seq = await AppendAsync("n-1", Devices);
        await AppendAsync(
            "n-2",
            """{"notification":{"adamIds":["7"],"serialNumbers":["C02-2"],"note":"361309726 C02-1 ann e-1"}}"""
        );

        (await FindAsync(new() { AdamId = "361309726" })).ShouldBe([seq]);
        (await FindAsync(new() { AdamId = "42" })).ShouldBe([seq]);
        (await FindAsync(new() { SerialNumber = "C02-1" })).ShouldBe([seq]);
        (await FindAsync(new() { SerialNumber = "C02-2", AdamId = "7" })).ShouldBe([seq + 1]);
        (await FindAsync(new() { ClientUserId = "ann" })).ShouldBe([seq]);
        (await FindAsync(new() { EventId = "e-1" })).ShouldBe([seq]);
        (await FindAsync(new() { SerialNumber = "C02-1", AdamId = "7" })).ShouldBeEmpty();
        (await FindAsync(new() { SerialNumber = "C02" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_escaped_value_and_a_value_in_a_body_that_is_not_JSON_are_found()
    {
        var escaped = await AppendAsync("n-1", """{"clientUserId":"a\/b","serialNumber":"\u004302"}""");
        var rejected = await AppendAsync("n-2", "not JSON: C02", disposition: Disposition.Rejected);

        (await FindAsync(new() { ClientUserId = "a/b" })).ShouldBe([escaped]);
        (await FindAsync(new() { SerialNumber = "C02" })).ShouldBe([rejected, escaped]);
        (await FindAsync(new() { SerialNumber = "C02", Disposition = "rejected" })).ShouldBe([rejected]);
    }

    [Fact]
    public async Task A_notification_is_found_by_its_members()
    {
        var first = await AppendAsync("n-1", "{}", "north", type: "ASSET_COUNT", receivedAt: At(1_000));
        var second = await AppendAsync("n-2", "{}", "south", type: "USER_MANAGEMENT", receivedAt: At(2_000));
        var third = await AppendAsync("n-1", "{}", "south", type: "ASSET_COUNT", receivedAt: At(3_000));

        (await FindAsync(new())).ShouldBe([third, second, first]);
        (await FindAsync(new() { Location = "south" })).ShouldBe([third, second]);
        (await FindAsync(new() { Type = "ASSET_COUNT" })).ShouldBe([third, first]);
        (await FindAsync(new() { Since = At(2_000) })).ShouldBe([third, second]);
        (await FindAsync(new() { Since = At(1_000), Until = At(2_000) })).ShouldBe([first]);
        (await FindAsync(new() { Disposition = "accepted", Location = "north" })).ShouldBe([first]);
        (await FindAsync(new() { Disposition = "quarantined" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_ID_is_found_in_one_location_and_in_all()
    {
        await AddLocationsAsync("north", "south");
        var north = await AppendAsync("n-1", "{}", "north");
        var south = await AppendAsync("n-1", "{}", "south");
        await AppendAsync("n-2", "{}", "south");

        (await FindAsync(new() { NotificationId = "n-1", Location = "south" })).ShouldBe([south]);
        (await FindAsync(new() { NotificationId = "n-1" })).ShouldBe([south, north]);
        (await FindAsync(new() { NotificationId = "n-1", Location = "west" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Pages_continue_where_the_last_one_ended()
    {
        var seqs = new List<long>();
        for (var i = 0; i < 5; i++)
        {
            seqs.Add(await AppendAsync($"n-{i}", Devices));
        }

        List<long> found = [];
        long? before = null;
        do
        {
            var page = await ReadAsync(new() { SerialNumber = "C02-1" }, before, limit: 2);
            found.AddRange(page.Items.Select(row => row.Seq));
            before = page.Next is null ? null : long.Parse(page.Next);
        } while (before is not null);

        seqs.Reverse();
        found.ShouldBe(seqs);
    }

    private async Task<IReadOnlyList<long>> FindAsync(NotificationFilter filter) =>
        [.. (await ReadAsync(filter, before: null, limit: 100)).Items.Select(row => row.Seq)];

    private Task<NotificationPage> ReadAsync(NotificationFilter filter, long? before, int limit) =>
        new NotificationListing(Database, new BackwardSearch(TimeProvider.System)).ReadAsync(
            filter,
            before,
            limit,
            TimeSpan.MaxValue,
            CancellationToken.None
        );

    private async Task<long> AppendAsync(
        string id,
        string body,
        string location = "location-1",
        string type = "ASSET_MANAGEMENT",
        Disposition disposition = Disposition.Accepted,
        DateTimeOffset? receivedAt = null
    )
    {
        var usual = Notification(id, body, location, disposition);
        var outcome = await Database.AppendAsync(
            new NotificationAppend
            {
                LocationId = usual.LocationId,
                DedupHash = IntakeEndpoint.DedupHash(usual.LocationId, usual.NotificationId.Span),
                NotificationId = usual.NotificationId,
                NotificationType = Encoding.UTF8.GetBytes(type),
                Body = usual.Body,
                BodySha256 = usual.BodySha256,
                ReceivedAt = receivedAt ?? usual.ReceivedAt,
                Disposition = disposition,
                RejectedQuota = usual.RejectedQuota,
            }
        );
        return outcome.Seq;
    }

    private Task AddLocationsAsync(params string[] locations) =>
        WriteAsync(async transaction =>
        {
            foreach (var location in locations)
            {
                await transaction.ExecuteAsync(
                    """
                    insert into location (location_id, state, state_since, receive_only, read_number, created_at)
                    values (@location, 'valid', 0, 1, 0, 0)
                    """,
                    new { location }
                );
            }
        });
}

public sealed class SqliteNotificationSearchTests : NotificationSearchContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenAsync();
}

public sealed class SqlServerNotificationSearchTests : NotificationSearchContract
{
    private protected override Task<TestDatabase> OpenAsync() => TestDatabase.OpenOnSqlServerAsync();
}
